"""Bad weather: whatever is outdoors and begins before it is over is called off at once, everywhere in an area."""

import datetime as dt
import uuid

import structlog

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, on_commit
from backend.core.problems import FieldError, InvalidFields
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.tasks.kinds import KINDS
from backend.tasks.models import Task
from backend.tasks.publishing import cancel_locked, seated_people
from backend.tasks.reading import locked_task
from backend.tasks.schemas import CalledOff

log = structlog.get_logger(__name__)

LASTS_AT_MOST = dt.timedelta(hours=48)
CALLED_OFF = ("draft", "in_review", "published", "active")


@atomic
async def call_off_outdoors(actor: Actor, area_id: uuid.UUID, until: dt.datetime) -> CalledOff:
    """Cancel every outdoor task of the area that begins before `until`, for its officers.

    Everyone seated is told at once; a seat that is given back this way counts for nobody as not having come.
    """
    area = await areas.visible(actor, area_id)
    actor.require(Role.OFFICER, area.path)
    now = clock.now()
    if not now < until <= now + LASTS_AT_MOST:
        message = "Say a time within the next 48 hours"
        raise InvalidFields([FieldError("until", "out-of-range", message, until.isoformat())])
    outdoors = [kind.kind for kind in KINDS.values() if kind.outdoors]
    found = Task.filter(
        area_id__in=[each.id for each in await areas.within(area.path)],
        kind__in=outdoors,
        state__in=CALLED_OFF,
        starts_at__lt=until,
        ends_at__gt=now,
    )
    called_off = 0
    told: set[uuid.UUID] = set()
    for task_id in sorted(await found.values_list("id", flat=True)):  # type: ignore[type-var]
        task = await locked_task(task_id)  # type: ignore[arg-type]
        if task.state in CALLED_OFF:
            told.update(await seated_people(task))
            await cancel_locked(task, "weather")
            called_off += 1
    details = {"tasks": called_off, "people": len(told), "until": until.isoformat()}
    await audit.record(actor, "task.weather", "area", area.id, area_id=area.id, details=details)
    on_commit(lambda: log.info("weather_stop", **details, told_after_s=(clock.now() - now).total_seconds()))
    return CalledOff(tasks=called_off, people=len(told))
