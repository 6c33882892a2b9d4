"""The verdict on a patrol: its people are thanked with points in the same transaction, or told why not."""

import uuid

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.patrols.looking import visible
from backend.patrols.matters import handled_matters
from backend.patrols.measuring import locked_patrol, measure
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.refusals import AlreadyReviewed, OwnPatrol, PatrolRunning
from backend.patrols.schemas import PatrolOut, ReviewIn
from backend.patrols.wire import patrol_out
from backend.rewards import service as rewards
from backend.tasks import service as tasks
from points.rules import PatrolFacts

_WORDS = {
    "accepted": ("巡逻已通过", "Your patrol was accepted"),
    "partial": ("巡逻部分通过", "Your patrol was accepted in part"),
    "rejected": ("巡逻未通过", "Your patrol was not accepted"),
}


@atomic
async def review(actor: Actor, patrol_id: uuid.UUID, wanted: ReviewIn) -> PatrolOut:
    """Accept a patrol (its people are credited in the same transaction), accept it in part, or reject it.

    Raises `OwnPatrol` for one's own, `PatrolRunning`, `AlreadyReviewed`, and `InvalidFields` when a reason is
    missing.
    """
    _, area = await visible(actor, patrol_id)
    actor.require_any(POLICE_ROLES, area.path)
    patrol = await locked_patrol(patrol_id)
    if patrol is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    members = await PatrolMember.filter(patrol_id=patrol_id).order_by("joined_at", "id")
    if actor.user_id in {member.user_id for member in members}:
        raise OwnPatrol
    if wanted.decision != "accepted" and not (wanted.note or "").strip():
        raise InvalidFields([FieldError("note", "missing", "Say why, so that the team can learn from it")])
    if patrol.state == "active":
        raise PatrolRunning
    if patrol.state != "awaiting_review":
        raise AlreadyReviewed(state=patrol.state)
    if patrol.measured is None:
        await measure(patrol)
    patrol.state, patrol.review_note = wanted.decision, wanted.note
    patrol.reviewed_by, patrol.reviewed_at = actor.user_id, clock.now()
    await patrol.save()
    awarded = await _credit(patrol, area, members, wanted, actor)
    await _tell_members(patrol, members, awarded, wanted)
    await audit.record(
        actor,
        f"patrol.{wanted.decision}",
        "patrol",
        patrol_id,
        area_id=patrol.area_id,
        details={"points": sum(awarded.values())},
    )
    return await patrol_out(patrol, actor)


async def _credit(
    patrol: Patrol, area: areas.Area, members: list[PatrolMember], wanted: ReviewIn, actor: Actor
) -> dict[uuid.UUID, int]:
    awarded: dict[uuid.UUID, int] = {}
    if wanted.decision != "rejected":
        task = await tasks.task(patrol.task_id) if patrol.task_id else None
        facts = PatrolFacts(
            minutes=patrol.minutes,
            night=patrol.night,
            stops_dwelt=min(patrol.stops_dwelt, patrol.stops_total),
            stops_planned=patrol.stops_total,
            handled_matters=await handled_matters(patrol.id),
            posted=patrol.task_id is not None,
            outcome=wanted.decision,
            promised=task.points if task else None,
        )
        title_zh, title_en = await _title(patrol, area)
        awarded = await rewards.credit_patrol(
            patrol_id=patrol.id,
            area=area,
            user_ids=[member.user_id for member in members],
            facts=facts,
            reviewer_id=actor.user_id,
            title_zh=title_zh,
            title_en=title_en,
        )
    for member in members:
        points = awarded.get(member.user_id, 0)
        await PatrolMember.filter(id=member.id).update(points_awarded=points)
        if member.assignment_id is not None:
            await tasks.settle_assignment(member.assignment_id, wanted.decision, points, wanted.note)
    return awarded


async def _title(patrol: Patrol, area: areas.Area) -> tuple[str, str]:
    if patrol.task_id is None:
        return f"{area.name_zh}自由巡逻", f"Free patrol, {area.name_en}"
    task = await tasks.task(patrol.task_id)
    return task.title_zh, task.title_en


async def _tell_members(
    patrol: Patrol, members: list[PatrolMember], awarded: dict[uuid.UUID, int], wanted: ReviewIn
) -> None:
    title_zh, title_en = _WORDS[wanted.decision]
    for member in members:
        points = awarded.get(member.user_id, 0)
        body_zh = f"谢谢您，获得 {points} 分。" if points else (wanted.note or "")
        body_en = f"Thank you. You earned {points} points." if points else (wanted.note or "")
        await notify.send(
            [member.user_id],
            "patrol.reviewed",
            ("patrol", patrol.id),
            title_zh,
            title_en,
            body_zh,
            body_en,
            push=True,
        )
