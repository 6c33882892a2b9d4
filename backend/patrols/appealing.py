"""A second look: a walker who disagrees asks for it, and somebody else than the reviewer decides."""

import datetime as dt
import uuid

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.patrols.looking import visible
from backend.patrols.measuring import locked_patrol
from backend.patrols.models import Patrol, PatrolAppeal, PatrolMember
from backend.patrols.refusals import AppealClosed, SameReviewer
from backend.patrols.reviewing import credit_rest, note_walked, require_other_team
from backend.patrols.schemas import AppealIn, AppealVerdict, PatrolOut
from backend.patrols.wire import patrol_out

WITHIN = dt.timedelta(days=7)
TOLD_MAX = 20


@atomic
async def appeal(actor: Actor, patrol_id: uuid.UUID, wanted: AppealIn) -> PatrolOut:
    """Ask for a second look, within a week of a verdict that was less than yes; the same id again answers the same.

    Raises `AppealClosed` when there is nothing to appeal against, or no time left, or somebody did already.
    """
    patrol = await locked_patrol(patrol_id)
    mine = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).exists()
    if patrol is None or not mine:
        raise NotFound(kind="patrol", id=str(patrol_id))
    there = await PatrolAppeal.filter(patrol_id=patrol_id).first()
    if there is not None and there.id == wanted.id:
        return await patrol_out(patrol, actor)
    reviewed_by, reviewed_at = patrol.reviewed_by, patrol.reviewed_at
    if (
        there is not None
        or patrol.state not in ("partial", "rejected")
        or reviewed_by is None
        or reviewed_at is None
        or clock.now() - reviewed_at > WITHIN
    ):
        raise AppealClosed(state=patrol.state)
    await PatrolAppeal.create(
        id=wanted.id, patrol_id=patrol_id, user_id=actor.user_id, reason=wanted.reason.strip(), made_at=clock.now(),
        reviewed_by=reviewed_by,
    )  # fmt: skip
    area = await areas.get(patrol.area_id)
    others = [each for each in await people_with(Role.OFFICER, area.path) if each != reviewed_by]
    await notify.send(
        others[:TOLD_MAX], "review.appeal", ("patrol", patrol_id), "有一次申诉等待复核", "An appeal awaits a second look",
        "请由不同于原审核人的民警复核。", "Somebody else than the first reviewer decides.",
    )  # fmt: skip
    await audit.record(actor, "patrol.appeal", "patrol", patrol_id, area_id=patrol.area_id)
    return await patrol_out(patrol, actor)


@atomic
async def decide(actor: Actor, patrol_id: uuid.UUID, verdict: AppealVerdict) -> PatrolOut:
    """Uphold the first verdict, or correct it to accepted, which credits what is missing.

    Raises `SameReviewer` for whoever judged first, `OwnPatrol` and `OwnTeam` as a review does, `AppealClosed` when
    there is no open appeal.
    """
    _, area = await visible(actor, patrol_id)
    actor.require_any(POLICE_ROLES, area.path)
    patrol = await locked_patrol(patrol_id)
    asked = await PatrolAppeal.filter(patrol_id=patrol_id).first()
    if patrol is None or asked is None or asked.decision is not None:
        raise AppealClosed(state=patrol.state if patrol else "")
    members = await PatrolMember.filter(patrol_id=patrol_id).order_by("joined_at", "id")
    if actor.user_id == asked.reviewed_by:
        raise SameReviewer
    await require_other_team(actor, members)
    if not verdict.note.strip():
        raise InvalidFields([FieldError("note", "missing", "Say why, so that the team understands")])
    asked.decided_by, asked.decided_at = actor.user_id, clock.now()
    asked.decision, asked.note = verdict.decision, verdict.note.strip()
    await asked.save()
    if verdict.decision == "corrected":
        await credit_rest(patrol, area, members, asked.id, actor)
        if patrol.state == "rejected":
            await note_walked(patrol)
        patrol.state = "accepted"
        await patrol.save(update_fields=["state"])
    await _tell(patrol, members, asked)
    await audit.record(
        actor, f"patrol.appeal_{verdict.decision}", "patrol", patrol_id, area_id=patrol.area_id
    )
    return await patrol_out(patrol, actor)


async def _tell(patrol: Patrol, members: list[PatrolMember], asked: PatrolAppeal) -> None:
    corrected = asked.decision == "corrected"
    await notify.send(
        [member.user_id for member in members], "patrol.appeal", ("patrol", patrol.id),
        "申诉成立，巡逻已通过" if corrected else "申诉复核后维持原结果",
        "Your appeal was right: the patrol is accepted" if corrected else "After a second look the verdict stands",
        asked.note or "", asked.note or "", push=True,
    )  # fmt: skip
