"""How to walk through some places: found in another process, worded step by step in both languages."""

from pathlib import Path

from backend.areas import service
from backend.areas.schemas import Directions, DirectionsAsk, DirectionStep
from backend.core.pools import in_process
from backend.core.problems import FieldError, InvalidFields
from backend.core.sessions import Actor
from backend.settings import current

OFF_STREETS_MAX_M = 300.0


async def directions(actor: Actor, ask: DirectionsAsk) -> Directions:
    """The walk through the places; `InvalidFields` names a place off the streets or one that has no way to it."""
    area = await service.visible(actor, ask.area_id)
    streets = await service.streets_path(area, current().data_dir)
    found = await in_process(_walk, streets, ask.places, ask.profile, ask.night)
    if isinstance(found, int):
        message = f"Choose a place within {OFF_STREETS_MAX_M:.0f} m of a way that can be taken"
        raise InvalidFields([FieldError(f"places.{found}", "out-of-reach", message, list(ask.places[found]))])
    return found


def _walk(streets: Path, places: list[tuple[float, float]], profile: str, night: bool) -> Directions | int:
    """The walk, or the number of the first place that it cannot reach."""
    from routing.streets import load_streets

    walks = load_streets(streets).walks(
        [lon for lon, _ in places], [lat for _, lat in places], profile, night=night
    )
    order = list(range(len(places)))
    for number, off_m in enumerate(walks.places.distance_m.tolist()):
        if off_m > OFF_STREETS_MAX_M or (number and walks.seconds[number - 1, number] == float("inf")):
            return number
    minded = walks.hazards(order)
    return Directions(
        length_m=round(sum(float(walks.metres[a, a + 1]) for a in order[:-1]), 1),
        walk_s=round(sum(float(walks.seconds[a, a + 1]) for a in order[:-1])),
        steps_m=minded.steps_m,
        unlit_m=minded.unlit_m,
        steps=[
            DirectionStep(each.kind, each.lon, each.lat, each.length_m, each.words.zh, each.words.en)
            for each in walks.directions(order)
        ],
    )
