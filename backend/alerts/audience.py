"""Whom an alert reaches: verified adults on duty, near the point, the nearest first, and no more than needed."""

import itertools
import uuid

import msgspec

from backend.alerts.models import Alert
from backend.areas import service as areas
from backend.areas.service import Area
from backend.patrols import service as patrols
from backend.people import service as people
from routing.geo import haversine_m

AUDIENCE_MAX = 30
"""More people than these are not needed for one point, and cannot be called back in time."""


class Reached(msgspec.Struct, frozen=True):
    """Someone the alert reaches, and how far away they are: on patrol, or else the middle of their community."""

    user_id: uuid.UUID
    distance_m: float


async def audience_of(alert: Alert, area: Area) -> list[Reached]:
    """Everyone within the alert's radius, or inside its area; not yet cut to `AUDIENCE_MAX`.

    People on patrol come first, the nearest before others: they are outside and looking, and where they are is
    known. Then come those on duty at home, whose distance is only their community's.
    """
    candidates = await _candidates(alert, area)
    able = await people.on_duty_among({each.user_id for each in candidates})
    return [each for each in candidates if each.user_id in able]


async def nearest_of(alert: Alert, area: Area) -> list[Reached]:
    """The `AUDIENCE_MAX` of `audience_of` who come first, without asking about everyone behind them."""
    reached: list[Reached] = []
    for block in itertools.batched(await _candidates(alert, area), 2 * AUDIENCE_MAX, strict=False):
        able = await people.on_duty_among({each.user_id for each in block})
        reached += [each for each in block if each.user_id in able]
        if len(reached) >= AUDIENCE_MAX:
            break
    return reached[:AUDIENCE_MAX]


async def _candidates(alert: Alert, area: Area) -> list[Reached]:
    """Everyone near, on patrol before at home, the nearest first; whether they are on duty is not asked yet."""
    if alert.audience_area_id is not None:
        near, walking = await _inside(alert, await areas.get(alert.audience_area_id))
    else:
        near, walking = await _around(alert, area)
    near |= walking
    reached = [Reached(user_id, from_point_m) for user_id, from_point_m in near.items()]
    return sorted(reached, key=lambda each: (each.user_id not in walking, each.distance_m, each.user_id))


type Distances = dict[uuid.UUID, float]


async def _around(alert: Alert, area: Area) -> tuple[Distances, Distances]:
    """People at home and people walking within the radius."""
    near: Distances = {}
    for community in await _communities(area):
        from_middle_m = distance_m(alert.lon, alert.lat, community.center_lon, community.center_lat)
        if from_middle_m <= alert.radius_m:
            for user_id in await people.on_duty_people(community.path):
                near[user_id] = from_middle_m
    walking = {
        each.user_id: each.distance_m
        for each in await patrols.nearby(alert.lon, alert.lat, alert.radius_m, area.path)
    }
    return near, walking


async def _inside(alert: Alert, wanted: Area) -> tuple[Distances, Distances]:
    """People at home and people walking inside an area, however far from the point."""
    near: Distances = {}
    for community in await areas.within(wanted.path):
        from_middle_m = distance_m(alert.lon, alert.lat, community.center_lon, community.center_lat)
        for user_id in await people.on_duty_people(community.path):
            near[user_id] = from_middle_m
    walking = {
        each.user_id: distance_m(alert.lon, alert.lat, each.lon, each.lat)
        for each in await patrols.walking_inside(wanted)
    }
    return near, walking


def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Metres between two points (WGS-84 degrees)."""
    return float(haversine_m(lon_a, lat_a, lon_b, lat_b))


async def _communities(area: Area) -> list[Area]:
    district = areas.district_slug(area.path)
    return [found for found in await areas.within(district) if found.kind == "community"]
