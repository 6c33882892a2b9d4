"""Being under way and coming home: positions, the end of a walk, and walks that nobody ended."""

import datetime as dt
import uuid

import structlog
from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import clock, metrics
from backend.core.db import atomic
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.patrols.consent import require_consent
from backend.patrols.ingest import LATE, FixWriter, Stored, Walking
from backend.patrols.measuring import enqueue_match, locked_patrol, measure, measure_again
from backend.patrols.models import Fix, LivePosition, Patrol, PatrolMember
from backend.patrols.refusals import ConsentRequired, PatrolOver
from backend.patrols.schemas import FixBatch, FixReceipt, GoOn, PatrolFinish, PatrolOut
from backend.patrols.wire import minutes_of, patrol_out
from backend.people import service as people
from backend.tasks import service as tasks

log = structlog.get_logger(__name__)

FORGOTTEN_AFTER = dt.timedelta(minutes=30)
ASKED_BEFORE = dt.timedelta(minutes=10)
FREE_PATROL_MAX = dt.timedelta(hours=3)
STILL_SENDING = dt.timedelta(minutes=5)
REVIEWERS_TOLD_MAX = 20
NOTE_LENGTH_MAX = 500

writer = FixWriter()


async def add_fixes(actor: Actor, patrol_id: uuid.UUID, batch: FixBatch) -> FixReceipt:
    """Keep positions of the asker's own walk; answered once they are on disk. Sending twice changes nothing."""
    try:
        await require_consent(actor.user_id)
    except ConsentRequired:
        metrics.positions.labels("no-consent").inc(len(batch.fixes))
        raise
    patrol, member = await _own_walk(actor, patrol_id)
    area = await areas.get(patrol.area_id)
    try:
        stored = await store_fixes(patrol, member, area, batch)
    except IntegrityError:  # the walk ended while the batch waited
        patrol, member = await _own_walk(actor, patrol_id)
        stored = await store_fixes(patrol, member, area, batch)
    if stored.stored and patrol.state != "active":
        await measure_again(patrol_id)
    return FixReceipt(stored=stored.stored, duplicates=stored.duplicates, refused=stored.refused)


async def _own_walk(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, PatrolMember]:
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    return await Patrol.get(id=patrol_id), member


async def store_fixes(
    patrol: Patrol, member: PatrolMember, area: areas.Area, batch: FixBatch, *, source: str = "app"
) -> Stored:
    """Keep positions of a member; `source` is the program that took them."""
    walking = Walking(
        patrol_id=patrol.id,
        user_id=member.user_id,
        area_path=area.path,
        started_at=patrol.started_at,
        finished_at=member.finished_at or patrol.finished_at,
        source=source,
    )
    return await writer.store(walking, batch.fixes)


@atomic
async def finish(actor: Actor, patrol_id: uuid.UUID, wanted: PatrolFinish) -> PatrolOut:
    """End the asker's walk; the leader's end ends it for all. Sending it again answers the same."""
    patrol = await locked_patrol(patrol_id)
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if patrol is None or member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    if member.state == "walking":
        finished_at = _within(wanted.finished_at, patrol.started_at, clock.now())
        if wanted.note:
            notes = [note for note in (patrol.note, wanted.note) if note]
            patrol.note = "\n".join(notes)[:NOTE_LENGTH_MAX]
        await _finish_members(patrol, finished_at, only=None if member.leader else member)
    return await patrol_out(patrol, actor)


def _within(at: dt.datetime, earliest: dt.datetime, latest: dt.datetime) -> dt.datetime:
    if at <= earliest:
        return earliest
    return latest if at >= latest else at.astimezone(dt.UTC)


async def _finish_members(patrol: Patrol, finished_at: dt.datetime, only: PatrolMember | None) -> None:
    """End the walk of one member or of all; when nobody walks any more, the patrol awaits its review.

    The caller has locked the patrol.
    """
    members = await PatrolMember.filter(patrol_id=patrol.id)
    walking = [member for member in members if member.state == "walking"]
    ending = [member for member in walking if only is None or member.id == only.id]
    for member in ending:
        member.state, member.finished_at = "finished", await _really_finished_at(member, finished_at)
        await member.save(update_fields=["state", "finished_at"])
        if member.assignment_id is not None:
            await tasks.finish_assignment(member.assignment_id)
    await LivePosition.filter(user_id__in=[member.user_id for member in ending], patrol_id=patrol.id).delete()
    if len(ending) == len(walking):
        await measure(patrol)
        patrol.state = "awaiting_review"
        patrol.finished_at = max(member.finished_at for member in members if member.finished_at is not None)
        patrol.person_minutes = sum(minutes_of(member) or 0 for member in members)
        await patrol.save()
        await enqueue_match(patrol.id)
        await _tell_reviewers(patrol, members)
    else:
        await patrol.save(update_fields=["note"])


async def _really_finished_at(member: PatrolMember, finished_at: dt.datetime) -> dt.datetime:
    """When the member's walk ended: not before their last position, or that would lie outside of the patrol."""
    last = await Fix.filter(patrol_id=member.patrol_id, user_id=member.user_id).order_by("-at").first()
    return last.at if last is not None and last.at > finished_at + LATE else finished_at


async def _tell_reviewers(patrol: Patrol, members: list[PatrolMember]) -> None:
    area = await areas.get(patrol.area_id)
    walked = {member.user_id for member in members}
    officers = [user_id for user_id in await people_with(Role.OFFICER, area.path) if user_id not in walked]
    await notify.send(
        officers[:REVIEWERS_TOLD_MAX],
        "review.waiting",
        ("patrol", patrol.id),
        "有一次巡逻等待审核",
        "A patrol awaits your review",
        push=False,
    )


async def finish_forgotten() -> int:
    """End patrols that nobody ended: half an hour after the task's end, or three hours into a free patrol."""
    now = clock.now()
    running = await Patrol.filter(state="active", started_at__lt=now - FORGOTTEN_AFTER).order_by("started_at")
    ends = await tasks.ends_of({patrol.task_id for patrol in running if patrol.task_id})
    ended = 0
    for patrol in running:
        over_at = (
            ends[patrol.task_id] + FORGOTTEN_AFTER if patrol.task_id else patrol.started_at + FREE_PATROL_MAX
        )
        if patrol.continue_until is not None:
            over_at = max(over_at, patrol.continue_until)
        if now < over_at:
            if now >= over_at - ASKED_BEFORE and patrol.asked_at is None:
                await _ask(patrol.id)
            continue
        try:
            ended += await _finish_forgotten(patrol.id)
        except Exception:  # one that cannot be ended must not keep the others running
            log.exception("patrol_not_ended", patrol_id=str(patrol.id))
    return ended


@atomic
async def _finish_forgotten(patrol_id: uuid.UUID) -> int:
    """End one, unless somebody ended it meanwhile or still sends positions; returns how many that were."""
    patrol = await locked_patrol(patrol_id)
    if patrol is None or patrol.state != "active":
        return 0
    now = clock.now()
    last = await Fix.filter(patrol_id=patrol_id).order_by("-at").first()
    if last is not None and now - last.at < STILL_SENDING:
        return 0
    walking = await PatrolMember.filter(patrol_id=patrol_id, state="walking")
    await _finish_members(patrol, max(last.at, patrol.started_at) if last else now, only=None)
    await notify.send(
        [member.user_id for member in walking],
        "patrol.auto_finished",
        ("patrol", patrol_id),
        "巡逻已自动结束",
        "Your patrol was ended for you",
        "到点后没有收到结束，系统替您结束了。辛苦了！",
        "Nothing came in after its time, so it was ended for you. Thank you!",
        push=True,
    )
    return 1


@atomic
async def _ask(patrol_id: uuid.UUID) -> None:
    """Ask those who walk whether they still do, before their patrol is ended for them."""
    patrol = await locked_patrol(patrol_id)
    if patrol is None or patrol.state != "active" or patrol.asked_at is not None:
        return
    patrol.asked_at = clock.now()
    await patrol.save(update_fields=["asked_at"])
    walking = await PatrolMember.filter(patrol_id=patrol_id, state="walking").values_list(
        "user_id", flat=True
    )
    await notify.send(
        list(walking), "patrol.still_there", ("patrol", patrol_id), "还在巡逻吗？", "Are you still walking?",  # type: ignore[arg-type]
        "10 分钟内没有回答，系统会替您结束。", "Without an answer it will be ended for you in ten minutes.", push=True,
    )  # fmt: skip


@atomic
async def go_on(actor: Actor, patrol_id: uuid.UUID, wanted: GoOn) -> PatrolOut:
    """Answer the question: one still walks, for so many minutes more. `PatrolOver` when it was ended meanwhile."""
    patrol = await locked_patrol(patrol_id)
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if patrol is None or member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    if patrol.state != "active":
        raise PatrolOver(state=patrol.state)
    patrol.continue_until, patrol.asked_at = clock.now() + dt.timedelta(minutes=wanted.minutes), None
    await patrol.save(update_fields=["continue_until", "asked_at"])
    return await patrol_out(patrol, actor)


async def finish_withdrawn() -> int:
    """End the walks of people who no longer agree to their positions being kept, or who were suspended."""
    walking = await PatrolMember.filter(state="walking")
    allowed = await people.may_walk({member.user_id for member in walking})
    ending = [member for member in walking if member.user_id not in allowed]
    for member in ending:
        await _finish_one(member)
    return len(ending)


@atomic
async def _finish_one(member: PatrolMember) -> None:
    patrol = await locked_patrol(member.patrol_id)
    still = await PatrolMember.filter(id=member.id, state="walking").first()
    if patrol is not None and still is not None:
        await _finish_members(patrol, clock.now(), only=still)
