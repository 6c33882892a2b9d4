"""Walking together: mates join by scanning a code, and the lead passes from one to another.

Everybody has one companion code. A mate scans the leader's and joins; or the leader scans a mate's and adds them. So
it does not matter who holds the phone up, and both work when the scan reaches the server late.
"""

import datetime as dt
import uuid

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor, grants_of
from backend.notify import service as notify
from backend.patrols import codes
from backend.patrols.consent import require_consent
from backend.patrols.fitness import require_fit
from backend.patrols.measuring import locked_patrol
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.refusals import (
    AlreadyPatrolling,
    CompanionBusy,
    LeaderNotWalking,
    NotLeader,
    PatrolOver,
)
from backend.patrols.schemas import CompanionCode, HandOver, JoinIn, PatrolOut
from backend.patrols.wire import patrol_out
from backend.people import service as people
from backend.tasks import service as tasks


async def companion_code(actor: Actor) -> CompanionCode:
    """The asker's own code; `ConsentRequired` unless their whereabouts may be kept, since joining means that."""
    await require_consent(actor.user_id)
    token, valid_until = codes.companion_code(actor.user_id, clock.now())
    return CompanionCode(token=token, qr_text=codes.companion_qr(token), valid_until=valid_until)


async def join(actor: Actor, wanted: JoinIn) -> PatrolOut:
    """Join the patrol that the person whose code was scanned leads now. Sending it again answers the same.

    Raises `LeaderNotWalking`, `NoSeatFree`, `AlreadyPatrolling`, `CompanionCodeExpired` and what `require_fit` raises.
    """
    await require_consent(actor.user_id)
    leader_id = codes.read_companion_code(wanted.token, wanted.at)
    if leader_id == actor.user_id:
        raise InvalidFields([FieldError("token", "own-code", "This is your own code; scan your mate's")])
    return await patrol_out(await _join_led_by(actor, leader_id, wanted.at), actor)


@atomic
async def _join_led_by(actor: Actor, leader_id: uuid.UUID, at: dt.datetime) -> Patrol:
    led = await PatrolMember.filter(user_id=leader_id, leader=True, state="walking").first()
    patrol = await locked_patrol(led.patrol_id) if led else None
    if patrol is None or patrol.state != "active":
        raise LeaderNotWalking
    mine = await PatrolMember.filter(user_id=actor.user_id, state="walking").first()
    if mine is not None and mine.patrol_id != patrol.id:
        raise AlreadyPatrolling(patrol_id=str(mine.patrol_id))
    await add_member(patrol, actor.user_id, at)
    return patrol


async def add(actor: Actor, patrol_id: uuid.UUID, wanted: JoinIn) -> PatrolOut:
    """The leader adds the mate whose code they scanned."""
    user_id = codes.read_companion_code(wanted.token, wanted.at)
    return await patrol_out(await _add_by_leader(actor, patrol_id, user_id, wanted.at), actor)


@atomic
async def _add_by_leader(actor: Actor, patrol_id: uuid.UUID, user_id: uuid.UUID, at: dt.datetime) -> Patrol:
    patrol = await led_patrol(actor, patrol_id)
    await add_companion(patrol, user_id, at)
    return patrol


async def led_patrol(actor: Actor, patrol_id: uuid.UUID) -> Patrol:
    """The running patrol, locked, for its leader; `NotLeader` for its other members, `NotFound` for strangers."""
    patrol = await locked_patrol(patrol_id)
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if patrol is None or member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    if not member.leader:
        raise NotLeader
    if patrol.state != "active":
        raise PatrolOver(state=patrol.state)
    return patrol


async def add_companion(patrol: Patrol, user_id: uuid.UUID, at: dt.datetime) -> None:
    """Make a mate who showed their code a member; `CompanionBusy` when they walk elsewhere."""
    walking = await PatrolMember.filter(user_id=user_id, state="walking").first()
    if walking is not None and walking.patrol_id != patrol.id:
        raise CompanionBusy(name=(await people.names({user_id})).get(user_id, ""))
    await require_consent(user_id)
    await add_member(patrol, user_id, at)


async def add_member(patrol: Patrol, user_id: uuid.UUID, at: dt.datetime) -> None:
    """Let a person walk along, in a seat of the task where there is one. The patrol is locked by the caller.

    One who is or was a member stays as they are. Raises what `require_fit` raises, and `NoSeatFree`.
    """
    if await PatrolMember.filter(patrol_id=patrol.id, user_id=user_id).exists():
        return
    area = await areas.get(patrol.area_id)
    mate = Actor(user_id, uuid.UUID(int=0), await grants_of(user_id), None)
    await require_fit(mate, area.path, night=patrol.night)
    assignment_id: uuid.UUID | None = None
    if patrol.task_id is not None:
        seat = await tasks.seat_beside(user_id, patrol.task_id)
        await tasks.start_assignment(seat.id, patrol.id, at=None)
        assignment_id = seat.id
    now = clock.now()
    await PatrolMember.create(
        id=uuid7(),
        patrol_id=patrol.id,
        user_id=user_id,
        assignment_id=assignment_id,
        leader=False,
        joined_at=min(max(at, patrol.started_at), now),
    )
    await audit.record(
        mate, "patrol.join", "patrol", patrol.id, area_id=patrol.area_id, details={"user_id": str(user_id)}
    )


@atomic
async def hand_over(actor: Actor, patrol_id: uuid.UUID, wanted: HandOver) -> PatrolOut:
    """Let another walking member lead. Sent again by the one who handed over, it changes nothing."""
    patrol = await locked_patrol(patrol_id)
    members = {member.user_id: member for member in await PatrolMember.filter(patrol_id=patrol_id)}
    mine, heir = members.get(actor.user_id), members.get(wanted.to_user_id)
    if patrol is None or mine is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    if heir is None or heir.state != "walking":
        raise InvalidFields(
            [
                FieldError(
                    "to_user_id", "not-walking", "Choose somebody who walks with you", str(wanted.to_user_id)
                )
            ]
        )
    if not heir.leader:
        if not mine.leader:
            raise NotLeader
        if patrol.state != "active":
            raise PatrolOver(state=patrol.state)
        await PatrolMember.filter(patrol_id=patrol_id, leader=True).update(leader=False)
        await PatrolMember.filter(id=heir.id).update(leader=True)
        if patrol.task_id is not None:
            await tasks.pass_lead(patrol.task_id, heir.user_id)
        await notify.send(
            [heir.user_id], "patrol.lead", ("patrol", patrol_id), "现在由您带队", "You lead now",
            "带队人把队伍交给了您；由您结束巡逻。", "The lead was handed to you; you end the patrol.", push=True,
        )  # fmt: skip
        await audit.record(
            actor, "patrol.hand_over", "patrol", patrol_id, area_id=patrol.area_id,
            details={"to": str(heir.user_id)},
        )  # fmt: skip
    return await patrol_out(patrol, actor)
