"""Patrols in their wire form, many at once so that a list costs a handful of queries."""

import uuid
from collections.abc import Sequence

from backend.areas import service as areas
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.patrols import measuring
from backend.patrols.finding_words import finding_out
from backend.patrols.matters import counts_by_patrol
from backend.patrols.models import LivePosition, Patrol, PatrolAppeal, PatrolMember
from backend.patrols.schemas import AcceptedPart, AppealOut, MemberOut, PatrolOut, PositionOut
from backend.people import service as people
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut


async def patrol_out(patrol: Patrol, actor: Actor) -> PatrolOut:
    """One patrol."""
    return (await patrols_out([patrol], actor))[0]


async def patrols_out(patrols: Sequence[Patrol], actor: Actor) -> list[PatrolOut]:
    """The patrols with their tasks, people and last positions."""
    ids = [patrol.id for patrol in patrols]
    refs = await areas.refs({patrol.area_id for patrol in patrols})
    by_task = await tasks.by_ids({patrol.task_id for patrol in patrols if patrol.task_id}, actor)
    members = await PatrolMember.filter(patrol_id__in=ids).order_by("joined_at", "id") if ids else []
    names = await people.names({member.user_id for member in members})
    positions = await last_positions(ids)
    logs = await counts_by_patrol(ids)
    appeals = {each.patrol_id: each for each in await PatrolAppeal.filter(patrol_id__in=ids)} if ids else {}
    return [
        _patrol_out(
            patrol,
            refs[patrol.area_id],
            by_task.get(patrol.task_id) if patrol.task_id else None,
            [_member_out(member, names) for member in members if member.patrol_id == patrol.id],
            actor,
            positions.get(patrol.id),
            logs.get(patrol.id, {}),
            appeals.get(patrol.id),
        )
        for patrol in patrols
    ]


async def last_positions(patrol_ids: list[uuid.UUID]) -> dict[uuid.UUID, LivePosition]:
    """Where each running patrol was last: the newest position among its members'."""
    found = await LivePosition.filter(patrol_id__in=patrol_ids).order_by("at") if patrol_ids else []
    return {position.patrol_id: position for position in found}


def position_out(position: LivePosition) -> PositionOut:
    """A last position."""
    return PositionOut(position.lon, position.lat, position.at, position.accuracy_m)


def _member_out(member: PatrolMember, names: dict[uuid.UUID, str]) -> MemberOut:
    return MemberOut(
        user_id=member.user_id,
        name=names.get(member.user_id, ""),
        leader=member.leader,
        state=member.state,
        points_awarded=member.points_awarded,
        joined_at=member.joined_at,
        finished_at=member.finished_at,
        minutes=minutes_of(member),
    )


def minutes_of(member: PatrolMember) -> int | None:
    """Minutes from joining until going home; None for one who walks."""
    if member.finished_at is None:
        return None
    return round(max(0.0, (member.finished_at - member.joined_at).total_seconds()) / 60)


def _patrol_out(
    patrol: Patrol,
    area: areas.AreaRef,
    task: TaskOut | None,
    members: list[MemberOut],
    actor: Actor,
    position: LivePosition | None,
    logs: dict[str, int],
    appeal: PatrolAppeal | None,
) -> PatrolOut:
    measured = measuring.of(patrol)
    # The community sees teams, not persons: who walked, and whose positions were odd, is the members' and the police's.
    persons = actor.may_any(POLICE_ROLES, area.path) or any(
        member.user_id == actor.user_id for member in members
    )
    return PatrolOut(
        id=patrol.id,
        task_id=patrol.task_id,
        task=task,
        area_id=patrol.area_id,
        area_name_zh=area.name_zh,
        area_name_en=area.name_en,
        kind=patrol.kind,
        state=patrol.state,
        night=patrol.night,
        started_at=patrol.started_at,
        finished_at=patrol.finished_at,
        members=members if persons else [],
        length_m=patrol.length_m,
        minutes=patrol.minutes,
        stops_dwelt=patrol.stops_dwelt,
        stops_total=patrol.stops_total,
        last_position=position_out(position) if position else None,
        note=patrol.note,
        review_note=patrol.review_note,
        demo=patrol.demo,
        person_minutes=patrol.person_minutes,
        stops_done=list(patrol.stops_done),
        gaps=measured.gaps if measured else None,
        covered_m=round(measured.covered_m) if measured else None,
        route_covered_share=measured.route_covered if measured else None,
        findings=[finding_out(each) for each in patrol.findings] if persons else [],
        doubt=patrol.doubt,
        accepted_part=AcceptedPart(**patrol.accepted_part) if patrol.accepted_part else None,
        appeal=AppealOut(appeal.reason, appeal.made_at, appeal.decision, appeal.note) if appeal else None,
        logs=logs,
        asked_at=patrol.asked_at,
    )
