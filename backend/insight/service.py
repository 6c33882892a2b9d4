"""Use cases of insight: what the desk shows at a glance."""

import datetime as dt
import uuid

from backend.alerts import service as alerts
from backend.areas import service as areas
from backend.core import clock
from backend.core.roles import DESK_ROLES
from backend.core.sessions import Actor
from backend.incidents import service as incidents
from backend.insight.schemas import DeskOut, Todo
from backend.patrols import service as patrols
from backend.people import service as people
from backend.reports import service as reports
from backend.tasks import service as tasks

TONIGHT = dt.timedelta(hours=12)
SHORT_OF_PEOPLE_WITHIN = dt.timedelta(hours=2)


async def desk(actor: Actor, area_id: uuid.UUID) -> DeskOut:
    """The area's last and next twelve hours in figures, and what waits for a decision."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    area_ids = await areas.descendant_ids(area)
    now = clock.now()
    walked = await patrols.counts(area_ids, now - TONIGHT)
    planned = await tasks.desk_counts(area_ids, now - TONIGHT, now + TONIGHT)
    live_alerts = await alerts.live_count(area.path)
    data = await incidents.data_age(area)
    return DeskOut(
        on_duty=await people.on_duty_count(area.path),
        units_out=walked["out"],
        units_planned=planned.patrols,
        active=walked["active"],
        coverage_share=await patrols.coverage(area_ids, now - TONIGHT),
        grab_seconds_p50=planned.grab_seconds_p50,
        open_tasks=planned.open,
        awaiting_review=walked["awaiting_review"],
        drafts=planned.drafts,
        live_alerts=live_alerts,
        incidents_as_of=data.newest_at,
        incidents_old=data.old,
        todo=await _todo(actor, area, area_ids, planned, walked, live_alerts),
    )


async def _todo(
    actor: Actor,
    area: areas.Area,
    area_ids: list[uuid.UUID],
    planned: tasks.DeskCounts,
    walked: dict[str, int],
    live_alerts: int,
) -> list[Todo]:
    now = clock.now()
    found: list[Todo] = []
    if live_alerts:
        found.append(Todo("alert", str(area.id), "alerts-live", {"count": live_alerts}, now))
    waiting = await alerts.submitted_count(area.path)
    if waiting:
        found.append(Todo("alert", str(area.id), "alerts-to-approve", {"count": waiting}, now))
    if walked["awaiting_review"]:
        found.append(
            Todo("patrol", str(area.id), "patrols-to-review", {"count": walked["awaiting_review"]}, now)
        )
    if walked["appealed"]:
        found.append(Todo("patrol", str(area.id), "appeals-to-decide", {"count": walked["appealed"]}, now))
    unread = await reports.received_count(area_ids)
    if unread:
        found.append(Todo("report", str(area.id), "reports-to-read", {"count": unread}, now))
    if planned.drafts:
        found.append(Todo("task", str(area.id), "drafts-to-review", {"count": planned.drafts}, now))
    for task in await tasks.short_of_people(area_ids, now, now + SHORT_OF_PEOPLE_WITHIN, actor):
        found.append(
            Todo(
                "task",
                str(task.id),
                "task-short",
                {
                    "title_zh": task.title_zh,
                    "title_en": task.title_en,
                    "missing": task.seats - task.seats_taken,
                },
                task.starts_at,
            )
        )
    return found[:20]
