"""Use cases of patrols: start, send positions, finish, look at, review."""

import datetime as dt
import math
import uuid
from typing import Any

import msgspec
from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute, is_unique_violation
from backend.core.ids import uuid7
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound, Problem
from backend.core.roles import DESK_ROLES, POLICE_ROLES, Role
from backend.core.sessions import Actor, people_with
from backend.notify import service as notify
from backend.patrols import track
from backend.patrols.ingest import FixWriter, Stored, Walking
from backend.patrols.models import Fix, LivePosition, Patrol, PatrolMember
from backend.patrols.schemas import (
    FixBatch,
    FixReceipt,
    LiveOut,
    LivePatrol,
    MemberOut,
    PatrolFinish,
    PatrolList,
    PatrolOut,
    PatrolStart,
    PositionOut,
    ReviewIn,
)
from backend.people import service as people
from backend.rewards import service as rewards
from backend.tasks import service as tasks
from backend.tasks.night import is_night
from points.rules import PatrolFacts

STALE_AFTER = dt.timedelta(minutes=2)
POSITION_HOLDS = dt.timedelta(minutes=10)
TRAIL_FOR = dt.timedelta(minutes=15)
TRAIL_POINTS_MAX = 60
FORGOTTEN_AFTER = dt.timedelta(minutes=30)
FREE_PATROL_MAX = dt.timedelta(hours=3)
OFFLINE_START_MAX = dt.timedelta(hours=12)

writer = FixWriter()


class ConsentRequired(Problem):
    """A patrol keeps positions, so the person must have agreed to that first."""

    status, code, title = 403, "consent-required", "Agree to the use of your whereabouts first"


class AlreadyPatrolling(Conflict):
    code, title = "already-patrolling", "You are on a patrol already"


class NotPatrolling(Conflict):
    code, title = "not-patrolling", "This patrol is not running for you"


class OwnPatrol(Problem):
    status, code, title = 403, "own-patrol", "Someone else must review a patrol that you walked"


class AlreadyReviewed(Conflict):
    code, title = "already-reviewed", "This patrol was reviewed already"


class Nearby(msgspec.Struct, frozen=True):
    """Someone on patrol near a point."""

    user_id: uuid.UUID
    patrol_id: uuid.UUID
    distance_m: float


# --- the walk -------------------------------------------------------------------------------------------------------


async def start(actor: Actor, wanted: PatrolStart) -> PatrolOut:
    """Start a task's patrol, join the one that runs already, or start a free patrol.

    Sending the same start again answers the same. Raises `ConsentRequired`, `AlreadyPatrolling`, `NotFound`.
    """
    if not await people.has_consent(actor.user_id, "whereabouts"):
        raise ConsentRequired(kind="whereabouts", version=people.CONSENT_VERSIONS["whereabouts"])
    started_at = min(wanted.started_at.astimezone(dt.UTC), clock.now())
    if clock.now() - started_at > OFFLINE_START_MAX:
        raise InvalidFields(
            [FieldError("started_at", "too-long-ago", "Start a new patrol", wanted.started_at.isoformat())]
        )
    try:
        patrol = await _start(actor, wanted, started_at)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise await _already_patrolling(actor.user_id) from error
    return await patrol_out(patrol, actor)


@atomic
async def _start(actor: Actor, wanted: PatrolStart, started_at: dt.datetime) -> Patrol:
    mine = await _running_membership(actor.user_id)
    if mine is not None:
        if mine.patrol_id == wanted.id or (
            wanted.assignment_id and mine.assignment_id == wanted.assignment_id
        ):
            return await Patrol.get(id=mine.patrol_id)
        raise AlreadyPatrolling(patrol_id=str(mine.patrol_id))
    if wanted.assignment_id is None:
        return await _start_free(actor, wanted, started_at)
    return await _start_task(actor, wanted.id, wanted.assignment_id, started_at)


async def _already_patrolling(user_id: uuid.UUID) -> AlreadyPatrolling:
    mine = await _running_membership(user_id)
    return AlreadyPatrolling(patrol_id=str(mine.patrol_id) if mine else None)


async def _running_membership(user_id: uuid.UUID) -> PatrolMember | None:
    return await PatrolMember.filter(user_id=user_id, state="walking").first()


async def _start_free(actor: Actor, wanted: PatrolStart, started_at: dt.datetime) -> Patrol:
    if wanted.area_id is None:
        raise InvalidFields(
            [FieldError("area_id", "missing", "Name the area of a free patrol, or an assignment")]
        )
    area = await areas.visible(actor, wanted.area_id)
    actor.require_any((Role.VOLUNTEER, Role.LEADER), areas.district_slug(area.path))
    patrol = await Patrol.create(
        id=wanted.id,
        area_id=area.id,
        kind="free_patrol",
        started_by=actor.user_id,
        started_at=started_at,
        night=is_night(started_at, area.center_lon, area.center_lat),
        demo=area.demo,
    )
    await _join(patrol, actor.user_id, None, leader=True)
    await audit.record(actor, "patrol.start", "patrol", patrol.id, area_id=area.id)
    return patrol


async def _start_task(
    actor: Actor, patrol_id: uuid.UUID, assignment_id: uuid.UUID, started_at: dt.datetime
) -> Patrol:
    assignment = await tasks.assignment(assignment_id)
    if assignment.user_id != actor.user_id:
        raise NotFound(kind="assignment", id=str(assignment_id))
    patrol = await Patrol.filter(task_id=assignment.task_id, state="active").first()
    if patrol is None:
        task = await tasks.task(assignment.task_id)
        patrol = await Patrol.create(
            id=patrol_id,
            task_id=task.id,
            area_id=task.area_id,
            kind=task.kind,
            started_by=actor.user_id,
            started_at=started_at,
            night=task.night,
            stops_total=len(task.stops),
            demo=task.demo,
        )
        await audit.record(actor, "patrol.start", "patrol", patrol.id, area_id=task.area_id)
    await tasks.start_assignment(assignment_id, patrol.id)
    await _join(patrol, actor.user_id, assignment_id, leader=assignment.leader)
    return patrol


async def _join(patrol: Patrol, user_id: uuid.UUID, assignment_id: uuid.UUID | None, *, leader: bool) -> None:
    await PatrolMember.create(
        id=uuid7(),
        patrol_id=patrol.id,
        user_id=user_id,
        assignment_id=assignment_id,
        leader=leader,
        joined_at=clock.now(),
    )


async def add_fixes(actor: Actor, patrol_id: uuid.UUID, batch: FixBatch) -> FixReceipt:
    """Keep positions of the asker's own walk; answered once they are on disk. Sending twice changes nothing."""
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    patrol = await Patrol.filter(id=patrol_id).first() if member else None
    if member is None or patrol is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    if not await people.has_consent(actor.user_id, "whereabouts"):
        raise ConsentRequired(kind="whereabouts", version=people.CONSENT_VERSIONS["whereabouts"])
    area = await areas.get(patrol.area_id)
    stored = await store_fixes(patrol, member, area, batch)
    return FixReceipt(stored=stored.stored, duplicates=stored.duplicates, refused=stored.refused)


async def store_fixes(patrol: Patrol, member: PatrolMember, area: Area, batch: FixBatch) -> Stored:
    """Keep positions of a member."""
    walking = Walking(
        patrol_id=patrol.id,
        user_id=member.user_id,
        area_path=area.path,
        started_at=patrol.started_at,
        finished_at=member.finished_at or patrol.finished_at,
    )
    return await writer.store(walking, batch.fixes)


@atomic
async def finish(actor: Actor, patrol_id: uuid.UUID, wanted: PatrolFinish) -> PatrolOut:
    """End the asker's walk; the leader's end ends it for all. Sending it again answers the same."""
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    patrol = await Patrol.get(id=patrol_id)
    if member.state == "walking":
        finished_at = min(max(wanted.finished_at.astimezone(dt.UTC), patrol.started_at), clock.now())
        if wanted.note:
            patrol.note = wanted.note if not patrol.note else f"{patrol.note}\n{wanted.note}"[:500]
        await _finish_members(patrol, finished_at, only=None if member.leader else member)
    return await patrol_out(patrol, actor)


async def _finish_members(patrol: Patrol, finished_at: dt.datetime, only: PatrolMember | None) -> None:
    """End the walk of one member or of all; when nobody walks any more, the patrol awaits its review."""
    walking = await PatrolMember.filter(patrol_id=patrol.id, state="walking")
    ending = [member for member in walking if only is None or member.id == only.id]
    for member in ending:
        await PatrolMember.filter(id=member.id).update(state="finished", finished_at=finished_at)
        if member.assignment_id is not None:
            await tasks.finish_assignment(member.assignment_id)
    await LivePosition.filter(user_id__in=[member.user_id for member in ending], patrol_id=patrol.id).delete()
    if len(ending) == len(walking):
        walk = await _measured(patrol)
        patrol.length_m, patrol.minutes = round(walk.length_m), round(walk.seconds / 60)
        patrol.stops_dwelt = walk.stops_dwelt
        patrol.state, patrol.finished_at = "awaiting_review", finished_at
        await notify.send(
            await _reviewers(patrol),
            "review.waiting",
            ("patrol", patrol.id),
            "有一次巡逻等待审核",
            "A patrol awaits your review",
            "",
            "",
            push=False,
        )
    await patrol.save()


async def _reviewers(patrol: Patrol) -> list[uuid.UUID]:
    area = await areas.get(patrol.area_id)
    members = {member.user_id for member in await PatrolMember.filter(patrol_id=patrol.id)}
    return [user_id for user_id in await people_with(Role.OFFICER, area.path) if user_id not in members][:20]


async def _measured(patrol: Patrol) -> track.Walk:
    """What the member with the longest track walked, and the stops of the task."""
    stops: list[track.StopPlace] = []
    if patrol.task_id is not None:
        task = await tasks.task(patrol.task_id)
        stops = [track.StopPlace(stop.lon, stop.lat, stop.dwell_s) for stop in task.stops]
    fixes = await Fix.filter(patrol_id=patrol.id).order_by("at")
    by_user: dict[uuid.UUID, list[track.Point]] = {}
    for fix in fixes:
        by_user.setdefault(fix.user_id, []).append(track.Point(fix.at, fix.lon, fix.lat, fix.accuracy_m))
    walks = [track.measure(points, stops) for points in by_user.values()]
    return max(walks, key=lambda walk: (walk.seconds, walk.length_m), default=track.Walk(0.0, 0.0, 0, ()))


@atomic
async def finish_forgotten() -> int:
    """End patrols that nobody ended: half an hour after the task's end, or three hours into a free patrol."""
    now = clock.now()
    ended = 0
    for patrol in await Patrol.filter(state="active").order_by("started_at").limit(200):
        over_at = patrol.started_at + FREE_PATROL_MAX
        if patrol.task_id is not None:
            over_at = (await tasks.task(patrol.task_id)).ends_at + FORGOTTEN_AFTER
        last = await Fix.filter(patrol_id=patrol.id).order_by("-at").first()
        if now < over_at or (last is not None and now - last.at < dt.timedelta(minutes=5)):
            continue
        members = await PatrolMember.filter(patrol_id=patrol.id, state="walking")
        await _finish_members(patrol, last.at if last else now, only=None)
        await notify.send(
            [member.user_id for member in members],
            "patrol.auto_finished",
            ("patrol", patrol.id),
            "巡逻已自动结束",
            "Your patrol was ended for you",
            "到点后没有收到结束，系统替您结束了。辛苦了！",
            "Nothing came in after its time, so it was ended for you. Thank you!",
            push=True,
        )
        ended += 1
    return ended


# --- the review -----------------------------------------------------------------------------------------------------


@atomic
async def review(actor: Actor, patrol_id: uuid.UUID, wanted: ReviewIn) -> PatrolOut:
    """Accept a patrol (its people are credited in the same transaction), accept it in part, or reject it.

    Raises `OwnPatrol` for one's own, `AlreadyReviewed`, and `InvalidFields` when a reason is missing.
    """
    patrol, area = await _visible(actor, patrol_id)
    actor.require_any(POLICE_ROLES, area.path)
    members = await PatrolMember.filter(patrol_id=patrol_id).order_by("joined_at")
    if actor.user_id in {member.user_id for member in members}:
        raise OwnPatrol
    if wanted.decision != "accepted" and not (wanted.note or "").strip():
        raise InvalidFields([FieldError("note", "missing", "Say why, so that the team can learn from it")])
    changed = await execute(
        "UPDATE patrol SET state = ?, reviewed_by = ?, reviewed_at = ?, review_note = ? WHERE id = ? AND state = 'awaiting_review'",
        wanted.decision,
        actor.user_id,
        clock.now(),
        wanted.note,
        patrol_id,
    )
    if changed == 0:
        raise AlreadyReviewed(state=patrol.state)
    await patrol.refresh_from_db()
    awarded = await _credit(patrol, area, members, wanted, actor)
    await audit.record(
        actor,
        f"patrol.{wanted.decision}",
        "patrol",
        patrol_id,
        area_id=patrol.area_id,
        details={"points": sum(awarded.values())},
    )
    await _tell_members(patrol, members, awarded, wanted)
    return await patrol_out(patrol, actor)


async def _credit(
    patrol: Patrol, area: Area, members: list[PatrolMember], wanted: ReviewIn, actor: Actor
) -> dict[uuid.UUID, int]:
    awarded: dict[uuid.UUID, int] = {}
    if wanted.decision != "rejected":
        facts = PatrolFacts(
            minutes=patrol.minutes,
            night=patrol.night,
            stops_dwelt=min(patrol.stops_dwelt, patrol.stops_total),
            stops_planned=patrol.stops_total,
            handled_matters=0,
            posted=patrol.task_id is not None,
            outcome=wanted.decision,
        )
        title = await _title(patrol, area)
        awarded = await rewards.credit_patrol(
            patrol_id=patrol.id,
            area=area,
            user_ids=[member.user_id for member in members],
            facts=facts,
            reviewer_id=actor.user_id,
            title_zh=title[0],
            title_en=title[1],
        )
    for member in members:
        points = awarded.get(member.user_id, 0)
        await PatrolMember.filter(id=member.id).update(points_awarded=points)
        if member.assignment_id is not None:
            await tasks.settle_assignment(member.assignment_id, wanted.decision, points, wanted.note)
    return awarded


async def _title(patrol: Patrol, area: Area) -> tuple[str, str]:
    if patrol.task_id is None:
        return f"{area.name_zh}自由巡逻", f"Free patrol, {area.name_en}"
    task = await tasks.task(patrol.task_id)
    return task.title_zh, task.title_en


_WORDS = {
    "accepted": ("巡逻已通过", "Your patrol was accepted"),
    "partial": ("巡逻部分通过", "Your patrol was accepted in part"),
    "rejected": ("巡逻未通过", "Your patrol was not accepted"),
}


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


# --- looking --------------------------------------------------------------------------------------------------------


async def _visible(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, Area]:
    """The patrol, for its members and for the desk of its area."""
    patrol = await Patrol.filter(id=patrol_id).first()
    area = await areas.get(patrol.area_id) if patrol else None
    if patrol is None or area is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    walked = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).exists()
    if not walked and not actor.may_any(DESK_ROLES, area.path):
        raise NotFound(kind="patrol", id=str(patrol_id))
    return patrol, area


async def get(actor: Actor, patrol_id: uuid.UUID) -> PatrolOut:
    """A patrol as its members and the desk see it."""
    patrol, _ = await _visible(actor, patrol_id)
    return await patrol_out(patrol, actor)


async def running(actor: Actor) -> PatrolOut | None:
    """The asker's running patrol."""
    member = await _running_membership(actor.user_id)
    return await patrol_out(await Patrol.get(id=member.patrol_id), actor) if member else None


async def track_of(actor: Actor, patrol_id: uuid.UUID) -> dict[str, Any]:
    """The walked lines as a GeoJSON Feature, one line a segment; for the walker and the police of the area."""
    patrol, area = await _visible(actor, patrol_id)
    wanted = Fix.filter(patrol_id=patrol_id)
    if not actor.may_any(POLICE_ROLES, area.path):
        wanted = wanted.filter(user_id=actor.user_id)
    by_user: dict[uuid.UUID, list[track.Point]] = {}
    for fix in await wanted.order_by("at"):
        by_user.setdefault(fix.user_id, []).append(track.Point(fix.at, fix.lon, fix.lat, fix.accuracy_m))
    lines = [
        [[round(point.lon, 6), round(point.lat, 6)] for point in track.smoothed(segment)]
        for points in by_user.values()
        for segment in track.segments(points)
        if len(segment) > 1
    ]
    return {
        "type": "Feature",
        "id": str(patrol_id),
        "geometry": {"type": "MultiLineString", "coordinates": lines},
        "properties": {"started_at": patrol.started_at.isoformat(), "segments": len(lines)},
    }


async def listed(actor: Actor, area_id: uuid.UUID, state: str) -> PatrolList:
    """Patrols of the area for the desk: awaiting review, active, or the last fifty."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    wanted = Patrol.filter(area_id__in=await areas.descendant_ids(area))
    if state != "recent":
        wanted = wanted.filter(state=state)
    found = await wanted.order_by("-started_at").limit(50)
    return PatrolList(items=[await patrol_out(patrol, actor) for patrol in found], next=None)


async def my_past(actor: Actor) -> PatrolList:
    """The asker's last patrols."""
    ids = (
        await PatrolMember.filter(user_id=actor.user_id)
        .order_by("-joined_at")
        .limit(30)
        .values_list("patrol_id", flat=True)
    )
    found = await Patrol.filter(id__in=list(ids)).order_by("-started_at")
    return PatrolList(items=[await patrol_out(patrol, actor) for patrol in found], next=None)


async def patrol_out(patrol: Patrol, actor: Actor) -> PatrolOut:
    """The wire form."""
    area = await areas.get(patrol.area_id)
    members = await PatrolMember.filter(patrol_id=patrol.id).order_by("joined_at")
    names = await people.names({member.user_id for member in members})
    position = await LivePosition.filter(patrol_id=patrol.id).order_by("-at").first()
    return PatrolOut(
        id=patrol.id,
        task_id=patrol.task_id,
        task=await tasks.task_out(patrol.task_id, actor) if patrol.task_id else None,
        area_id=patrol.area_id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        kind=patrol.kind,
        state=patrol.state,
        night=patrol.night,
        started_at=patrol.started_at,
        finished_at=patrol.finished_at,
        members=[
            MemberOut(
                user_id=member.user_id,
                name=names.get(member.user_id, ""),
                leader=member.leader,
                state=member.state,
                points_awarded=member.points_awarded,
            )
            for member in members
        ],
        length_m=patrol.length_m,
        minutes=patrol.minutes,
        stops_dwelt=patrol.stops_dwelt,
        stops_total=patrol.stops_total,
        last_position=PositionOut(position.lon, position.lat, position.at, position.accuracy_m)
        if position
        else None,
        note=patrol.note,
        review_note=patrol.review_note,
        demo=patrol.demo,
    )


async def live(actor: Actor, area_id: uuid.UUID) -> LiveOut:
    """Every running patrol of the area, with where it is, how it came there and its route, for the desk."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    active = await Patrol.filter(area_id__in=await areas.descendant_ids(area), state="active").order_by(
        "started_at"
    )
    ids = [patrol.id for patrol in active]
    positions = (
        {each.patrol_id: each for each in await LivePosition.filter(patrol_id__in=ids).order_by("at")}
        if ids
        else {}
    )
    people_count = await _people_counts(ids)
    trails = await _trails(ids)
    now = clock.now()
    patrols: list[LivePatrol] = []
    for patrol in active:
        position = positions.get(patrol.id)
        task = await tasks.task(patrol.task_id) if patrol.task_id else None
        patrols.append(
            LivePatrol(
                patrol_id=patrol.id,
                task_title_zh=task.title_zh if task else "自由巡逻",
                task_title_en=task.title_en if task else "Free patrol",
                people=people_count.get(patrol.id, 0),
                position=PositionOut(position.lon, position.lat, position.at, position.accuracy_m)
                if position
                else None,
                stale=position is None or now - position.at > STALE_AFTER,
                stops_total=patrol.stops_total,
                route=task.route.geometry if task and task.route else None,
                trail=trails.get(patrol.id, []),
                started_at=patrol.started_at,
                demo=patrol.demo,
            )
        )
    return LiveOut(patrols=patrols, on_duty=await people.on_duty_count(area.path), as_of=now)


async def _people_counts(patrol_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    counts: dict[uuid.UUID, int] = {}
    for member in await PatrolMember.filter(patrol_id__in=patrol_ids) if patrol_ids else []:
        counts[member.patrol_id] = counts.get(member.patrol_id, 0) + 1
    return counts


async def _trails(patrol_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[tuple[float, float]]]:
    """The last quarter of an hour of each patrol, thinned to `TRAIL_POINTS_MAX` points."""
    trails: dict[uuid.UUID, list[tuple[float, float]]] = {}
    recent = Fix.filter(patrol_id__in=patrol_ids, at__gt=clock.now() - TRAIL_FOR).order_by("at")
    for fix in await recent if patrol_ids else []:
        trails.setdefault(fix.patrol_id, []).append((round(fix.lon, 6), round(fix.lat, 6)))
    return {key: trail[:: max(1, math.ceil(len(trail) / TRAIL_POINTS_MAX))] for key, trail in trails.items()}


async def nearby(lon: float, lat: float, radius_m: float, area_path: str) -> list[Nearby]:
    """People on patrol in the district within `radius_m` of a point, nearest first; positions of the last ten minutes."""
    reach_lat = radius_m / track.EARTH_M_PER_DEGREE
    reach_lon = reach_lat / max(0.01, math.cos(math.radians(lat)))
    district = areas.district_slug(area_path)
    boxed = await LivePosition.filter(
        lat__gte=lat - reach_lat,
        lat__lte=lat + reach_lat,
        lon__gte=lon - reach_lon,
        lon__lte=lon + reach_lon,
        at__gt=clock.now() - POSITION_HOLDS,
    )
    here = track.StopPlace(lon, lat, 0.0)
    found = [
        Nearby(each.user_id, each.patrol_id, track.distance_m(here, track.StopPlace(each.lon, each.lat, 0.0)))
        for each in boxed
        if areas.district_slug(each.area_path) == district
    ]
    return sorted((each for each in found if each.distance_m <= radius_m), key=lambda each: each.distance_m)


async def counts(area_ids: list[uuid.UUID], since: dt.datetime) -> dict[str, int]:
    """For the desk: patrols that went out since a time, that run, and that await their review."""
    out = await Patrol.filter(area_id__in=area_ids, started_at__gte=since).count()
    active = await Patrol.filter(area_id__in=area_ids, state="active").count()
    waiting = await Patrol.filter(area_id__in=area_ids, state="awaiting_review").count()
    return {"out": out, "active": active, "awaiting_review": waiting}


async def coverage(area_ids: list[uuid.UUID], since: dt.datetime) -> float | None:
    """Stops really dwelt at, as a share of those planned, over the patrols finished since a time; None without any."""
    found = await Patrol.filter(
        area_id__in=area_ids, started_at__gte=since, finished_at__isnull=False, stops_total__gt=0
    )
    planned = sum(patrol.stops_total for patrol in found)
    return sum(patrol.stops_dwelt for patrol in found) / planned if planned else None
