"""A plan in numbers, made anew whenever its routes change."""

import datetime as dt
from collections.abc import Sequence

import msgspec

from backend.planning.models import Plan
from backend.planning.schemas import HotspotOut, PlanFigures, PlanSummary
from backend.tasks import service as tasks
from backend.tasks.schemas import RouteOut, StopOut
from routing.geo import haversine_m
from routing.tonight import SAME_PLACE_M, Choices

NIGHT_BEFORE = dt.timedelta(hours=12)


async def renewed(
    plan: Plan,
    before: PlanFigures,
    hotspots: Sequence[HotspotOut],
    routes: Sequence[tuple[RouteOut, list[StopOut]]],
) -> PlanFigures:
    """The figures for these routes; what the routes do not change stays as it was `before`."""
    worth = {hotspot.id: hotspot.score for hotspot in hotspots}
    walked = [(route, stops) for route, stops in routes if stops]
    minutes = [round((route.walk_s + route.dwell_s) / 60) for route, _ in walked]
    score = sum(worth.get(stop.id, 0.0) for _, stops in walked for stop in stops)
    everything = sum(worth.values())
    return msgspec.structs.replace(
        before,
        hotspots=len(hotspots),
        routes=len(walked),
        stops=sum(len(stops) for _, stops in walked),
        length_m=round(sum(route.length_m for route, _ in walked), 1),
        score=round(score, 1),
        coverage_share=round(min(1.0, score / everything), 4) if everything else 0.0,
        minutes=sum(minutes),
        spread_min=max(minutes) - min(minutes) if minutes else 0,
        same_as_last_share=await _same_as_last(plan, [stop for _, stops in walked for stop in stops]),
    )


def with_choices(before: PlanFigures, choices: Choices | None) -> PlanFigures:
    """The figures with how hard the plan is to guess; None: it was not drawn."""
    return msgspec.structs.replace(
        before,
        choices=choices.drawn if choices else None,
        choices_most=choices.most if choices else None,
    )


def choices_of(plan: Plan) -> Choices | None:
    """How hard the plan is to guess, where that is known."""
    found = msgspec.convert(plan.summary, PlanSummary).figures
    if found.choices is None:
        return None
    return Choices(found.choices, found.choices_most or found.choices)


async def _same_as_last(plan: Plan, stops: Sequence[StopOut]) -> float | None:
    """The share of the stops at which the area's last published evening stood too."""
    walked = await stops_before(plan)
    if not walked or not stops:
        return None
    met = sum(
        any(float(haversine_m(stop.lon, stop.lat, other.lon, other.lat)) <= SAME_PLACE_M for other in walked)
        for stop in stops
    )
    return round(met / len(stops), 3)


async def stops_before(plan: Plan) -> list[StopOut]:
    """The stops of the area's last published evening before this one; none when there was no such night."""
    last = (
        await Plan.filter(
            area_id=plan.area_id,
            state="published",
            window_starts_at__lte=plan.window_starts_at - NIGHT_BEFORE,
        )
        .order_by("-window_starts_at")
        .first()
    )
    planned = await tasks.planned(last.id, None) if last else []
    return [stop for task in planned if task.state != "cancelled" for stop in task.stops]
