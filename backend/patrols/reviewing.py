"""The verdict on a patrol: its people are thanked with points in the same transaction, or told why not."""

import uuid

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.patrols import measuring
from backend.patrols.looking import visible
from backend.patrols.matters import handled_matters
from backend.patrols.measuring import locked_patrol, measure
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.refusals import AlreadyReviewed, OwnPatrol, OwnTeam, PatrolRunning
from backend.patrols.schemas import AcceptedPart, PatrolOut, ReviewIn
from backend.patrols.walked_cells import count_cells
from backend.patrols.wire import patrol_out
from backend.people import service as people
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
    await require_other_team(actor, members)
    if wanted.decision != "accepted" and not (wanted.note or "").strip():
        raise InvalidFields([FieldError("note", "missing", "Say why, so that the team can learn from it")])
    if patrol.state == "active":
        raise PatrolRunning
    if patrol.state != "awaiting_review":
        raise AlreadyReviewed(state=patrol.state)
    if patrol.measured is None:
        await measure(patrol)
    if wanted.decision == "partial" and wanted.accepted is not None:
        _check_part(patrol, wanted.accepted)
        patrol.accepted_part = msgspec.to_builtins(wanted.accepted)
    patrol.state, patrol.review_note = wanted.decision, wanted.note
    patrol.reviewed_by, patrol.reviewed_at = actor.user_id, clock.now()
    await patrol.save()
    if patrol.state != "rejected":
        await note_walked(patrol)
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


async def require_other_team(actor: Actor, members: list[PatrolMember]) -> None:
    """Raise `OwnPatrol` for a walk of the actor's own and `OwnTeam` for one of somebody of their team."""
    walked = {member.user_id for member in members}
    if actor.user_id in walked:
        raise OwnPatrol
    teams = await people.teams_of({actor.user_id, *walked})
    own = teams.get(actor.user_id)
    if own is not None and own in {teams.get(user_id) for user_id in walked}:
        raise OwnTeam


async def note_walked(patrol: Patrol) -> None:
    """Count where an accepted patrol walked, as far as it was measured."""
    measured = measuring.of(patrol)
    await count_cells(patrol, measured.cells if measured else [])


def _check_part(patrol: Patrol, part: AcceptedPart) -> None:
    if part.stops is not None and not set(part.stops) <= set(range(patrol.stops_total)):
        raise InvalidFields(
            [
                FieldError(
                    "accepted.stops",
                    "out-of-range",
                    f"Choose stops from 0 to {patrol.stops_total - 1}",
                    part.stops,
                )
            ]
        )
    if part.stops is None and part.minutes is None and part.length_m is None:
        raise InvalidFields(
            [FieldError("accepted.stops", "missing", "Choose stops, minutes or metres that count")]
        )


def part_of_whole(patrol: Patrol) -> tuple[int, int]:
    """(what counts, of how much): the stops chosen, else the minutes, else the metres, else the stops dwelt at."""
    part = patrol.accepted_part or {}
    if part.get("stops") is not None and patrol.stops_total:
        return len(set(part["stops"])), patrol.stops_total
    if part.get("minutes") is not None and patrol.minutes:
        return min(part["minutes"], patrol.minutes), patrol.minutes
    if part.get("length_m") is not None and patrol.length_m:
        return min(part["length_m"], patrol.length_m), patrol.length_m
    return min(patrol.stops_dwelt, patrol.stops_total), patrol.stops_total


async def credit_rest(
    patrol: Patrol, area: areas.Area, members: list[PatrolMember], appeal_id: uuid.UUID, actor: Actor
) -> None:
    """After an appeal: credit what the first verdict kept back, under the appeal's own id."""
    task = await tasks.task(patrol.task_id) if patrol.task_id else None
    counted, whole = part_of_whole(patrol) if patrol.state == "partial" else (0, 0)
    partly = patrol.state == "partial"
    facts = PatrolFacts(
        minutes=patrol.minutes,
        night=patrol.night,
        stops_dwelt=whole - counted if partly else min(patrol.stops_dwelt, patrol.stops_total),
        stops_planned=whole if partly else patrol.stops_total,
        handled_matters=0 if partly else await handled_matters(patrol.id),
        posted=patrol.task_id is not None,
        outcome="partial" if partly else "accepted",
        promised=task.points if task else None,
    )
    title_zh, title_en = await _title(patrol, area)
    more = await rewards.credit_patrol(
        patrol_id=appeal_id,
        area=area,
        user_ids=[member.user_id for member in members],
        facts=facts,
        reviewer_id=actor.user_id,
        title_zh=title_zh,
        title_en=title_en,
    )
    for member in members:
        total = (member.points_awarded or 0) + more.get(member.user_id, 0)
        await PatrolMember.filter(id=member.id).update(points_awarded=total)


async def _credit(
    patrol: Patrol, area: areas.Area, members: list[PatrolMember], wanted: ReviewIn, actor: Actor
) -> dict[uuid.UUID, int]:
    awarded: dict[uuid.UUID, int] = {}
    if wanted.decision != "rejected":
        task = await tasks.task(patrol.task_id) if patrol.task_id else None
        counted, whole = part_of_whole(patrol)
        facts = PatrolFacts(
            minutes=patrol.minutes,
            night=patrol.night,
            stops_dwelt=counted,
            stops_planned=whole,
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
