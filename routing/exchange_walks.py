"""A plan from a file held to real streets: every stop beside one and nowhere barred, every route walked anew."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from routing.exchange import MINUTES_RANGE, Fault, FileStop, FileTeam, PlanFile, PlanFileError
from routing.geo import Bounds
from routing.redo import RedoRoute, RedoStop, WalkedRoute, spot_at, walk
from routing.streets import StreetGraph, load_streets
from routing.words import NoPlanError, Words

OFF_STREET_MAX_M = 150.0


@dataclass(frozen=True, slots=True)
class WalkedFile:
    """The file's teams with their minutes known and their stops named and numbered, and each one's walk."""

    teams: tuple[FileTeam, ...]
    routes: tuple[WalkedRoute, ...]


def walk_file(streets: Path | StreetGraph, plan: PlanFile, inside: Bounds, *, dark: bool) -> WalkedFile:
    """The plan's routes on the streets. PlanFileError names every row that lies outside, off the streets, at a school,
    clinic or place of worship, or that no time or way is left for.
    """
    graph = streets if isinstance(streets, StreetGraph) else load_streets(streets)
    faults: list[Fault] = []
    teams: list[FileTeam] = []
    seen: set[str] = set()
    for team in plan.teams:
        faults += _gate_faults(graph, team, inside)
        stops: list[FileStop] = []
        for order, stop in enumerate(team.stops, start=1):
            fault, named = _held(graph, stop, inside)
            if fault is not None:
                faults.append(fault)
            stop_id = stop.id if stop.id and stop.id not in seen else f"file-{team.number}-{order}"
            seen.add(stop_id)
            stops.append(replace(named, id=stop_id))
        teams.append(replace(team, stops=tuple(stops)))
    if faults:
        raise PlanFileError(faults)
    done = [_walked(graph, team, dark, faults) for team in teams]
    if faults:
        raise PlanFileError(faults)
    found = [each for each in done if each is not None]
    return WalkedFile(tuple(team for team, _ in found), tuple(route for _, route in found))


def _gate_faults(graph: StreetGraph, team: FileTeam, inside: Bounds) -> list[Fault]:
    found: list[Fault] = []
    for name, place in (("start", team.start), ("end", team.end)):
        if not bool(inside.contains(*place)) or graph.nearest(*place)[1] > OFF_STREET_MAX_M:
            remedy = Words(
                f"写辖区内、离街道 {OFF_STREET_MAX_M:.0f} 米以内的地方",
                f"use a place in the area, within {OFF_STREET_MAX_M:.0f} m of a street",
            )
            found.append(Fault(team.row, name, f"{place[0]:g}, {place[1]:g}", remedy))
    return found


def _held(graph: StreetGraph, stop: FileStop, inside: Bounds) -> tuple[Fault | None, FileStop]:
    """What is wrong with where the stop is, and the stop with its street's name where it had none."""
    place = f"{stop.lon:g}, {stop.lat:g}"
    if not bool(inside.contains(stop.lon, stop.lat)):
        words = Words(
            "不在这个辖区里，请改坐标（WGS-84）或删掉这个点位",
            "outside this area: mend the place (WGS-84) or leave the stop out",
        )
        return Fault(stop.row, "lon, lat", place, words), stop
    spot = spot_at(graph, stop.lon, stop.lat)
    if spot.off_m > OFF_STREET_MAX_M:
        words = Words(
            f"最近的街道在 {spot.off_m:.0f} 米外，请移到 {OFF_STREET_MAX_M:.0f} 米以内",
            f"the nearest street is {spot.off_m:.0f} m away: move it within {OFF_STREET_MAX_M:.0f} m of one",
        )
        return Fault(stop.row, "lon, lat", place, words), stop
    if spot.barred:
        words = Words(
            "学校、诊所、宗教场所不作点位，请移远一些或删掉",
            "schools, clinics and places of worship are never a stop: move it further off or leave it out",
        )
        return Fault(stop.row, "lon, lat", place, words), stop
    return None, stop if stop.name else replace(stop, name=spot.name, name_en=spot.name_en)


def _walked(
    graph: StreetGraph, team: FileTeam, dark: bool, faults: list[Fault]
) -> tuple[FileTeam, WalkedRoute] | None:
    low, high = MINUTES_RANGE
    try:
        route = walk(graph, _redo_route(team, team.minutes or high, dark))
    except NoPlanError:
        words = Words(
            "这种出行方式走不到其中一个点位，请改出行方式或点位",
            "no way leads to one of its stops for this profile: change the profile or the stop",
        )
        faults.append(Fault(team.row, "profile", team.profile, words))
        return None
    needed = max(low, math.ceil(route.finish_s / 60))
    if needed > (team.minutes or high):
        words = Words(
            f"走完要 {needed} 分钟，请写够分钟数（最多 {high}），或去掉几个点位",
            f"its stops need {needed} minutes: give as many (at most {high}), or leave stops out",
        )
        faults.append(Fault(team.row, "minutes", str(team.minutes or high), words))
        return None
    return replace(team, minutes=team.minutes or needed), route


def _redo_route(team: FileTeam, minutes: float, dark: bool) -> RedoRoute:
    return RedoRoute(
        number=team.number,
        profile=team.profile,
        start=team.start,
        end=team.end,
        minutes=minutes,
        stops=tuple(
            RedoStop(stop.id, stop.lon, stop.lat, stop.dwell_s, stop.score, stop.locked)
            for stop in team.stops
        ),
        dark=dark,
    )
