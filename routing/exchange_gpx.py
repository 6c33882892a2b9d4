"""A plan as GPX for watches and map programs: a route with its stops and a track along the streets for each team."""

import datetime as dt
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import gpxpy
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from gpxpy.gpx import GPX, GPXException, GPXRoute, GPXRoutePoint, GPXTrack, GPXTrackPoint, GPXTrackSegment

from routing.exchange import FileStop, FileTeam, PlanFile, RawPlan, RawRow, checked, unreadable
from routing.words import Words

NAME = "GPX"
NAMESPACE = "urn:lexun:plan:1"
"""Of the elements that hold what GPX has no word for; other programs leave them alone."""


def to_gpx(plan: PlanFile) -> bytes:
    """The plan as GPX 1.1: per team an rte whose points are its stops, and a trk along the streets."""
    gpx = GPX()
    gpx.creator, gpx.name = "Lexun 平安乐巡", "平安乐巡 Lexun"
    gpx.nsmap = {"lexun": NAMESPACE}
    for team in plan.teams:
        name = f"{team.number} 队 Team {team.number}"
        route = GPXRoute(name=name, number=team.number)
        route.extensions.append(_team_element(plan, team))
        route.points += [_route_point(stop) for stop in team.stops]
        gpx.routes.append(route)
        track = GPXTrack(name=name, number=team.number)
        track.segments.append(GPXTrackSegment([GPXTrackPoint(lat, lon) for lon, lat in team.geometry]))
        gpx.tracks.append(track)
    return gpx.to_xml(version="1.1").encode()


def from_gpx(data: bytes) -> PlanFile:
    """The plan in a GPX file: each rte is a team, its points are stops. PlanFileError names each point and field.

    A file of another program needs a dwell for its stops: write it into the points, or plan on the desk instead.
    """
    try:
        fromstring(data, forbid_dtd=True)
        gpx = gpxpy.parse(data.decode("utf-8-sig"))
    except (ParseError, DefusedXmlException, GPXException, ValueError) as error:
        raise unreadable(NAME, str(error)) from None
    raw = RawPlan()
    for number, route in enumerate(gpx.routes, start=1):
        team = str(route.number or number)
        told = _told(route.extensions, "team")
        raw.teams.append(RawRow(Words(f"第 {number} 条 rte", f"rte {number}"), {**told, "team": team}))
        for order, place in enumerate(route.points, start=1):
            row = Words(f"第 {number} 条 rte 的第 {order} 点", f"rte {number}, rtept {order}")
            cells = {
                **_told(place.extensions, "stop"),
                "team": team,
                "order": str(order),
                "lon": repr(place.longitude),
                "lat": repr(place.latitude),
                "name": place.name or "",
                "reason_zh": place.description or "",
                "arrive": _aware(place.time),
            }
            raw.stops.append(RawRow(row, cells))
    return checked(raw)


def _team_element(plan: PlanFile, team: FileTeam) -> Element:
    return _element(
        "team",
        {
            "profile": team.profile,
            "minutes": team.minutes,
            "start_lon": repr(team.start[0]),
            "start_lat": repr(team.start[1]),
            "end_lon": repr(team.end[0]),
            "end_lat": repr(team.end[1]),
            "starts_at": plan.starts_at.isoformat() if plan.starts_at else None,
            "ends_at": plan.ends_at.isoformat() if plan.ends_at else None,
        },
    )


def _route_point(stop: FileStop) -> GPXRoutePoint:
    place = GPXRoutePoint(
        stop.lat, stop.lon, time=stop.arrive, name=stop.name or None, description=stop.reason.zh or None
    )
    told = {
        "dwell_min": repr(stop.dwell_s / 60),
        "score": repr(stop.score),
        "name_en": stop.name_en,
        "reason_en": stop.reason.en,
        "locked": "true" if stop.locked else None,
        "id": stop.id,
    }
    place.extensions.append(_element("stop", told))
    return place


def _element(name: str, told: dict[str, Any]) -> Element:
    element = Element(f"{{{NAMESPACE}}}{name}")
    for key, value in told.items():
        if value not in (None, ""):
            # gpxpy writes attributes of extensions as they are.
            element.set(key, escape(str(value), {'"': "&quot;"}))
    return element


def _told(extensions: list[Any], name: str) -> dict[str, str]:
    """The attributes of our own element among a point's extensions."""
    for element in extensions:
        if element.tag == f"{{{NAMESPACE}}}{name}":
            return {str(key): str(value) for key, value in element.attrib.items()}
    return {}


def _aware(at: dt.datetime | None) -> str:
    """GPX times are UTC, whether they say so or not."""
    if at is None:
        return ""
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).isoformat()
