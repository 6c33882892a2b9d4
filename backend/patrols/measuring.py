"""What a patrol amounts to, measured from the positions that are stored: at once roughly, then on the streets.

When a walk ends its figures come from the smoothed positions, in a moment. A job then lays the walk onto the streets
in a pool, looks for oddities, and puts both beside the patrol, until somebody has judged it.
"""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core import clock
from backend.core.db import atomic, row, sql
from backend.core.jobs import enqueue
from backend.core.pools import at_once, in_thread
from backend.patrols.homes import Hidden, hidden_around, nowhere
from backend.patrols.models import Fix, Patrol, PatrolLine, PatrolMember, Visit
from backend.patrols.same_photos import photos_sent_before
from backend.patrols.shown import averaged_lines, without_hidden
from backend.patrols.walked_cells import Cell, cells_of
from backend.settings import current
from backend.tasks import service as tasks
from routing import track, track_findings, track_match
from routing.geo import haversine_m
from routing.track_privacy import HIDDEN_M, Line

EARLIER_OWN_MAX, EARLIER_NEAR_MAX = 20, 30
SURE_ENOUGH = ("high", "medium")
NEAR_STOP_M = 60.0
MATCHED, COARSE = "matched", "coarse"


class Measured(msgspec.Struct):
    """A patrol on the streets, in metres; `shape` is its way in few places, to recognise a copy of it."""

    credited_m: float
    on_streets_m: float
    covered_m: float
    route_covered: float | None
    gaps: int
    positions: int
    shape: list[tuple[float, float]]
    cells: list[tuple[int, int]] = []
    """The squares it went through, without those of its ends and of homes; counted when it is accepted."""


class Analysed(msgspec.Struct):
    """One person's walk, measured, on the streets, and with what is odd about it."""

    walk: track.Walk
    matched: track_match.MatchedWalk
    findings: list[track_findings.Finding]
    shape: list[tuple[float, float]]
    calm: list[Line]


async def locked_patrol(patrol_id: uuid.UUID) -> Patrol | None:
    """The patrol, which no other transaction changes until this one ends; first step of every move of a patrol."""
    # SQLite's transactions begin with the write lock and need no more. Positions may be added under this lock.
    lock = sql(sqlite="", postgres="FOR NO KEY UPDATE")
    found = await row(f"SELECT id FROM patrol WHERE id = ? {lock}", patrol_id)
    return await Patrol.get(id=patrol_id) if found else None


async def measure(patrol: Patrol) -> None:
    """Set the patrol's length, minutes and stops to what its positions and visits say; the caller saves it."""
    stops = await _stops(patrol)
    walks = [track.measure(points, stops) for points in (await points_by_user(patrol.id)).values()]
    walk = max(walks, key=_longest, default=track.Walk(0.0, 0.0, 0, tuple(0.0 for _ in stops)))
    await _set_figures(patrol, walk, stops, walk.length_m)


def _longest(walk: track.Walk) -> tuple[float, float]:
    return walk.seconds, walk.length_m


async def _set_figures(
    patrol: Patrol, walk: track.Walk, stops: Sequence[track.StopPlace], length_m: float
) -> None:
    patrol.length_m, patrol.minutes = round(length_m), round(walk.seconds / 60)
    shown = await _shown_stops(patrol, stops)
    dwelt = {
        number
        for number, (spent_s, stop) in enumerate(zip(walk.dwell_s, stops, strict=True))
        if spent_s >= track.DWELT_SHARE * stop.dwell_s
    }
    patrol.stops_dwelt = len(dwelt | shown)
    patrol.stops_done = sorted(dwelt | shown)


async def _shown_stops(patrol: Patrol, stops: Sequence[track.StopPlace]) -> set[int]:
    """Stops (by index) at which somebody showed that they were, surely enough: presence does not rest on positions alone."""
    if patrol.task_id is None or not stops:
        return set()
    from backend.patrols.visiting import place_of

    order = [stop.order for stop in (await tasks.task(patrol.task_id)).stops]
    found: set[int] = set()
    for visit in await Visit.filter(patrol_id=patrol.id, sureness__in=SURE_ENOUGH):
        if visit.stop_order in order:
            found.add(order.index(visit.stop_order))
        elif (place := await place_of(visit, patrol)) is not None:
            away_m = [track.distance_m(place, stop) for stop in stops]
            nearest = min(range(len(stops)), key=away_m.__getitem__)
            if away_m[nearest] <= NEAR_STOP_M:
                found.add(nearest)
    return found


async def _stops(patrol: Patrol) -> list[track.StopPlace]:
    if patrol.task_id is None:
        return []
    task = await tasks.task(patrol.task_id)
    return [track.StopPlace(stop.lon, stop.lat, stop.dwell_s) for stop in task.stops]


FIGURES = ("length_m", "minutes", "stops_dwelt", "stops_done")
"""The columns that `measure` sets."""


@atomic
async def measure_again(patrol_id: uuid.UUID) -> None:
    """Take late positions and visits into account, as long as nobody has judged the patrol."""
    patrol = await locked_patrol(patrol_id)
    if patrol is not None and patrol.state == "awaiting_review":
        await measure(patrol)
        await patrol.save(update_fields=FIGURES)
        await enqueue_match(patrol_id)


async def enqueue_match(patrol_id: uuid.UUID) -> None:
    """Have the patrol laid onto the streets after the caller's transaction."""
    await enqueue("patrols.match", {"patrol_id": patrol_id})


async def match(patrol_id: uuid.UUID) -> None:
    """Lay a finished patrol onto the streets and look for oddities; keeps both unless it was judged meanwhile."""
    patrol = await Patrol.filter(id=patrol_id, state="awaiting_review").first()
    if patrol is None:
        return
    stops, streets = await _stops(patrol), await _streets(patrol)
    line = await _route_line(patrol)
    by_user = await points_by_user(patrol_id)
    mocked = await _mocked_by_user(patrol_id)
    walked_s = await _walked_s_by_user(patrol_id)
    analysed: dict[uuid.UUID, Analysed] = {}
    for user_id, points in by_user.items():
        earlier = await _earlier_shapes(patrol, user_id)
        # With streets it is computed beside this process, which would otherwise stand still while they are loaded.
        analysed[user_id] = await (at_once if streets else in_thread)(
            analyse, points, streets, stops, mocked.get(user_id, 0), walked_s.get(user_id, 0.0), earlier
        )
    await _keep(patrol_id, analysed, stops, line)


def analyse(
    points: list[track.Point],
    streets: Path | None,
    stops: list[track.StopPlace],
    mocked: int,
    walked_s: float,
    earlier: dict[str, list[tuple[float, float]]],
) -> Analysed:
    """Everything about one person's positions that takes more than a moment; runs in a pool."""
    calm = averaged_lines(points)
    return Analysed(
        track.measure(points, stops),
        track_match.match_walk(points, streets),
        track_findings.find(points, mocked, walked_s, earlier),
        track_findings.shape_of(calm),
        calm,
    )


@atomic
async def _keep(
    patrol_id: uuid.UUID,
    analysed: dict[uuid.UUID, Analysed],
    stops: list[track.StopPlace],
    route: list[tuple[float, float]],
) -> None:
    from backend.patrols.visiting import judge_again

    patrol = await locked_patrol(patrol_id)
    if patrol is None or patrol.state != "awaiting_review":
        return
    visits = await judge_again(patrol)
    findings = [
        {**msgspec.to_builtins(finding), "user_id": str(user_id)}
        for user_id, each in analysed.items()
        for finding in each.findings
    ]
    by_user = await points_by_user(patrol_id)
    hidden = await hidden_around(by_user)
    _hide_places(findings, by_user, hidden)
    far = sum("far-from-fix" in visit.why for visit in visits)
    again = await photos_sent_before(visits)
    findings += [
        {"kind": kind, "severity": severity, "params": {"visits": count}, "place": None, "user_id": None}
        for kind, severity, count in (("far_scan", 40, far), ("same_photo", 60, again))
        if count
    ]
    patrol.findings, patrol.doubt = findings, min(100, sum(each["severity"] for each in findings))
    if analysed:
        longest = max(analysed.values(), key=lambda each: _longest(each.walk))
        lines = [line for each in analysed.values() for line in each.matched.lines]
        patrol.measured = msgspec.to_builtins(
            Measured(
                credited_m=round(longest.matched.credited_m, 1),
                on_streets_m=round(longest.matched.on_streets_m, 1),
                covered_m=round(longest.matched.covered_m, 1),
                route_covered=round(track_match.route_covered(route, lines), 3) if route else None,
                gaps=longest.matched.gaps,
                positions=longest.walk.positions,
                shape=longest.shape,
                cells=await _cells(patrol, analysed, by_user, hidden),
            )
        )
        await _set_figures(patrol, longest.walk, stops, longest.matched.credited_m)
        for user_id, each in analysed.items():
            await keep_line(patrol_id, user_id, MATCHED, each.matched.lines)
    await patrol.save()


async def _cells(
    patrol: Patrol,
    analysed: dict[uuid.UUID, Analysed],
    by_user: dict[uuid.UUID, list[track.Point]],
    hidden: dict[uuid.UUID, Hidden],
) -> list[Cell]:
    """The squares that anybody of the team went through, as far as others may know."""
    lines = [
        line
        for user_id, each in analysed.items()
        for line in without_hidden(each.calm, by_user.get(user_id, []), hidden.get(user_id, nowhere))
    ]
    district = await areas.district_of(await areas.get(patrol.area_id))
    return cells_of(lines, district.center_lat)


def _hide_places(
    findings: list[dict[str, Any]],
    by_user: dict[uuid.UUID, list[track.Point]],
    hidden: dict[uuid.UUID, Hidden],
) -> None:
    """Say of no oddity where it was that lies beside the ends of the walk or the walker's home."""
    for finding in findings:
        user_id = uuid.UUID(finding["user_id"])
        points = by_user.get(user_id)
        if not points or not finding["place"]:
            continue
        lon, lat = finding["place"]
        at_an_end = any(
            float(haversine_m([end.lon], [end.lat], lon, lat)[0]) <= HIDDEN_M
            for end in (points[0], points[-1])
        )
        if at_an_end or hidden[user_id](lon, lat):
            finding["place"] = None


async def keep_line(
    patrol_id: uuid.UUID, user_id: uuid.UUID, precision: str, lines: Sequence[Sequence[tuple[float, float]]]
) -> None:
    """Keep one person's way in one precision, in place of the one that was there."""
    rounded = [[(round(lon, 5), round(lat, 5)) for lon, lat in line] for line in lines]
    await PatrolLine.filter(patrol_id=patrol_id, user_id=user_id, precision=precision).delete()
    await PatrolLine.create(
        id=uuid.uuid5(patrol_id, f"{user_id}:{precision}"), patrol_id=patrol_id, user_id=user_id,
        precision=precision, lines=rounded, made_at=clock.now(),
    )  # fmt: skip


async def _streets(patrol: Patrol) -> Path | None:
    area = await areas.get(patrol.area_id)
    try:
        return await areas.streets_path(area, current().data_dir)
    except areas.StreetsMissing:
        return None


async def _route_line(patrol: Patrol) -> list[tuple[float, float]]:
    task = await tasks.task(patrol.task_id) if patrol.task_id else None
    if task is None or task.route is None:
        return []
    return [(float(lon), float(lat)) for lon, lat, *_ in task.route.geometry["coordinates"]]


async def _mocked_by_user(patrol_id: uuid.UUID) -> dict[uuid.UUID, int]:
    counts: dict[uuid.UUID, int] = {}
    for user_id in await Fix.filter(patrol_id=patrol_id, mocked=True).values_list("user_id", flat=True):
        counts[user_id] = counts.get(user_id, 0) + 1  # type: ignore[index]
    return counts


async def _walked_s_by_user(patrol_id: uuid.UUID) -> dict[uuid.UUID, float]:
    now = clock.now()
    return {
        member.user_id: ((member.finished_at or now) - member.joined_at).total_seconds()
        for member in await PatrolMember.filter(patrol_id=patrol_id)
    }


async def _earlier_shapes(patrol: Patrol, user_id: uuid.UUID) -> dict[str, list[tuple[float, float]]]:
    """Ways of earlier patrols that a copy may be made of: the person's own, and the latest in the area."""
    own = await PatrolMember.filter(user_id=user_id).order_by("-joined_at").limit(EARLIER_OWN_MAX).values_list(
        "patrol_id", flat=True
    )  # fmt: skip
    near = await Patrol.filter(area_id=patrol.area_id, state__not="active").order_by("-started_at").limit(
        EARLIER_NEAR_MAX
    ).values_list("id", flat=True)  # fmt: skip
    found = await Patrol.filter(id__in=list({*own, *near} - {patrol.id}), started_at__lt=patrol.started_at)
    return {
        str(each.id): [(lon, lat) for lon, lat in each.measured["shape"]]
        for each in found
        if each.measured and each.measured.get("shape")
    }


async def points_by_user(
    patrol_id: uuid.UUID, user_id: uuid.UUID | None = None
) -> dict[uuid.UUID, list[track.Point]]:
    """The positions of each member of a patrol, or of one, in order of time."""
    wanted = (
        Fix.filter(patrol_id=patrol_id)
        if user_id is None
        else Fix.filter(patrol_id=patrol_id, user_id=user_id)
    )
    found: dict[uuid.UUID, list[track.Point]] = {}
    for fix in await wanted.order_by("at"):
        found.setdefault(fix.user_id, []).append(track.Point(fix.at, fix.lon, fix.lat, fix.accuracy_m))
    return found


def of(patrol: Patrol) -> Measured | None:
    """What the job found about the patrol, None before it ran."""
    return msgspec.convert(patrol.measured, Measured) if patrol.measured else None
