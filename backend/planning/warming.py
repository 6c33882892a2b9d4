"""Keeping the process for quick repairs ready, so that a proposal or a dragged stop never waits for it to start."""

import datetime as dt

import structlog

from backend.areas import service as areas
from backend.core import clock
from backend.core.pools import at_once
from backend.planning.models import Plan
from backend.settings import current
from routing.redo import warm
from routing.words import RoutingError

log = structlog.get_logger(__name__)

LATELY = dt.timedelta(days=2)


async def warm_up() -> int:
    """Read the streets of every district that plans these days into the quick process; returns how many.

    Cheap where they are read already; a process that was replaced meanwhile reads them again.
    """
    since = clock.now() - LATELY
    found = await Plan.filter(
        window_ends_at__gt=since, state__in=("solving", "ready", "published")
    ).values_list("area_id", flat=True)
    paths = set[str]()
    for area_id in dict.fromkeys(found):
        try:
            path = await areas.streets_path(await areas.get(area_id), current().data_dir)  # type: ignore[arg-type]
            if str(path) not in paths:
                await at_once(warm, path)
            paths.add(str(path))
        except (areas.StreetsMissing, RoutingError) as error:
            log.warning("streets_not_warmed", area=str(area_id), why=str(error))
    return len(paths)
