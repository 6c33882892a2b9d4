"""A plan as GeoJSON: a LineString a team, its stops as Points after it; what `lexun plan` writes is read too."""

# The geojson package carries no types, nor does what JSON holds before it is looked at.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import json
from typing import Any

import geojson

from routing.exchange import FileStop, FileTeam, PlanFile, RawPlan, RawRow, checked, unreadable
from routing.geo import feature_collection, line_string, point
from routing.words import Words

NAME = "GeoJSON"


def to_geojson(plan: PlanFile) -> bytes:
    """The plan as an RFC 7946 FeatureCollection in UTF-8."""
    features: list[geojson.Feature] = []
    for team in plan.teams:
        features.append(
            geojson.Feature(geometry=line_string(team.geometry), properties=_team_properties(plan, team))
        )
        for order, stop in enumerate(team.stops, start=1):
            properties = _stop_properties(team, order, stop)
            features.append(geojson.Feature(geometry=point(stop.lon, stop.lat), properties=properties))
    return json.dumps(feature_collection(features), ensure_ascii=False).encode()


def from_geojson(data: bytes) -> PlanFile:
    """The plan in a FeatureCollection. PlanFileError names each feature, field and remedy."""
    try:
        found: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise unreadable(NAME, str(error)) from None
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise unreadable(NAME, "no FeatureCollection")
    raw = RawPlan()
    for number, feature in enumerate(features, start=1):
        row = Words(f"第 {number} 个要素", f"feature {number}")
        held: Any = feature if isinstance(feature, dict) else {}
        told: Any = held.get("properties") or {}
        geometry: Any = held.get("geometry") or {}
        if not (isinstance(told, dict) and isinstance(geometry, dict)):
            raise unreadable(NAME, f"feature {number}")
        if geometry.get("type") == "LineString":
            raw.teams.append(RawRow(row, _team_cells(told, geometry)))
        elif geometry.get("type") == "Point":
            raw.stops.append(RawRow(row, _stop_cells(told, geometry)))
    return checked(raw)


def _team_properties(plan: PlanFile, team: FileTeam) -> dict[str, Any]:
    return {
        "team": team.number,
        "profile": team.profile,
        "minutes": team.minutes,
        "from": list(team.start),
        "to": list(team.end),
        "window_start": plan.starts_at.isoformat() if plan.starts_at else None,
        "window_end": plan.ends_at.isoformat() if plan.ends_at else None,
        "start": team.setting_out.isoformat() if team.setting_out else None,
        "finish": team.finish.isoformat() if team.finish else None,
        "length_m": team.length_m,
        "walk_s": team.walk_s,
        "dwell_s": sum(stop.dwell_s for stop in team.stops),
        "score": round(sum(stop.score for stop in team.stops), 1),
        "stops": len(team.stops),
    }


def _stop_properties(team: FileTeam, order: int, stop: FileStop) -> dict[str, Any]:
    return {
        "team": team.number,
        "order": order,
        "arrive": stop.arrive.isoformat() if stop.arrive else None,
        "dwell_min": stop.dwell_s / 60,
        "score": stop.score,
        "why": {"zh": stop.reason.zh, "en": stop.reason.en},
        "street": stop.name,
        "street_en": stop.name_en,
        "locked": stop.locked,
        "id": stop.id,
    }


def _team_cells(told: dict[str, Any], geometry: dict[str, Any]) -> dict[str, str]:
    line = geometry.get("coordinates")
    line = line if isinstance(line, list) and line else [[], []]
    start, end = _lon_lat(told.get("from") or line[0]), _lon_lat(told.get("to") or line[-1])
    return {
        "team": _text(told.get("team")),
        "profile": _text(told.get("profile")),
        "minutes": _text(told.get("minutes")),
        "start_lon": start[0],
        "start_lat": start[1],
        "end_lon": end[0],
        "end_lat": end[1],
        "starts_at": _text(told.get("window_start") or told.get("start")),
        "ends_at": _text(told.get("window_end")),
    }


def _stop_cells(told: dict[str, Any], geometry: dict[str, Any]) -> dict[str, str]:
    lon, lat = _lon_lat(geometry.get("coordinates"))
    why: Any = told.get("why")
    why = why if isinstance(why, dict) else {}
    same = ("team", "order", "arrive", "leave", "dwell_min", "score", "locked", "id")
    return {
        **{name: _text(told.get(name)) for name in same},
        "lon": lon,
        "lat": lat,
        "name": _text(told.get("street")),
        "name_en": _text(told.get("street_en")),
        "reason_zh": _text(why.get("zh")),
        "reason_en": _text(why.get("en")),
    }


def _lon_lat(value: Any) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) < 2:
        return "", ""
    return _text(value[0]), _text(value[1])


def _text(value: Any) -> str:
    """A value as text; what is no single value is none."""
    return "" if value is None or isinstance(value, dict | list) else str(value)
