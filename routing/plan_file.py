"""Writes a night's plan as GeoJSON that any map can show, and as a short table to read."""

# The geojson package carries no types.
# pyright: reportMissingTypeStubs=false

from pathlib import Path

import geojson

from routing.geo import feature_collection, line_string, point, write_feature_collection
from routing.night import NightPlan, PlannedStop, TeamPlan


def plan_features(plan: NightPlan) -> geojson.FeatureCollection:
    """The plan as an RFC 7946 FeatureCollection: a LineString a team, each followed by its stops as Points."""
    features: list[geojson.Feature] = []
    for team in plan.teams:
        features.append(_team_feature(team))
        features += [_stop_feature(team, stop) for stop in team.stops]
    return feature_collection(features)


def write_plan(path: Path, plan: NightPlan) -> None:
    """Write the plan to a file, whole or not at all."""
    write_feature_collection(path, plan_features(plan))


def plan_table(plan: NightPlan) -> list[tuple[str, ...]]:
    """Rows of text, the heading first: each team's stops, length, walking and dwelling minutes, and score."""
    rows: list[tuple[str, ...]] = [
        ("team", "stops", "km", "walk min", "dwell min", "start", "finish", "score")
    ]
    for team in plan.teams:
        rows.append((
            str(team.team), str(len(team.stops)), f"{team.length_m / 1000:.2f}", f"{team.walk_s / 60:.0f}",
            f"{team.dwell_s / 60:.0f}", f"{team.start:%H:%M}", f"{team.finish:%H:%M}", f"{team.score:.1f}",
        ))  # fmt: skip
    return rows


def _team_feature(team: TeamPlan) -> geojson.Feature:
    properties = {
        "team": team.team,
        "start": team.start.isoformat(),
        "finish": team.finish.isoformat(),
        "length_m": team.length_m,
        "walk_s": team.walk_s,
        "dwell_s": team.dwell_s,
        "score": team.score,
        "stops": len(team.stops),
    }
    return geojson.Feature(geometry=line_string(team.geometry), properties=properties)


def _stop_feature(team: TeamPlan, stop: PlannedStop) -> geojson.Feature:
    properties = {
        "team": team.team,
        "order": stop.order,
        "arrive": stop.arrive.isoformat(),
        "leave": stop.leave.isoformat(),
        "score": stop.score,
        "why": {"zh": stop.reason.zh, "en": stop.reason.en},
        "street": stop.name,
    }
    return geojson.Feature(geometry=point(stop.lon, stop.lat), properties=properties)
