"""From where one comes to a place within some minutes, as outlines of areas."""

from typing import Any

from backend.areas import service
from backend.areas.schemas import Reach, ReachArea, ReachAsk
from backend.core.pools import in_thread
from backend.core.problems import FieldError, InvalidFields
from backend.core.sessions import Actor
from backend.settings import current
from routing.street_engine import OFF_STREETS_MAX_M, isochrone
from routing.words import RequestError


async def reach(actor: Actor, ask: ReachAsk) -> Reach:
    """The areas, the smallest first; `InvalidFields` where the place is off the streets, `StreetsMissing` without a map."""
    area = await service.visible(actor, ask.area_id)
    tiles = await service.valhalla_tiles(area, current().data_dir)
    try:
        # The engine releases the interpreter while it works, and wants one actor a thread.
        found = await in_thread(isochrone, tiles, *ask.place, sorted(set(ask.minutes)), ask.profile)
    except RequestError as error:
        message = f"Choose a place within {OFF_STREETS_MAX_M} m of a way that can be taken"
        raise InvalidFields([FieldError("place", "out-of-reach", message, list(ask.place))]) from error
    areas = [
        ReachArea(round(each["properties"]["minutes"]), _rings(each["geometry"]))
        for each in found["features"]
    ]
    return Reach(sorted(areas, key=lambda each: each.minutes))


def _rings(geometry: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """Every ring of a polygon or of several, holes too."""
    whole = geometry["coordinates"]
    polygons = whole if geometry["type"] == "MultiPolygon" else [whole]
    return [
        [(round(lon, 6), round(lat, 6)) for lon, lat, *_ in ring] for polygon in polygons for ring in polygon
    ]
