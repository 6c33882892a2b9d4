"""Looking at patrols: one's own, the desk's lists, and the line that was walked."""

import uuid
from typing import Any

from backend.areas import service as areas
from backend.core.problems import NotAllowed, NotFound
from backend.core.roles import DESK_ROLES, POLICE_ROLES
from backend.core.sessions import Actor
from backend.patrols.homes import hidden_around
from backend.patrols.measuring import COARSE, points_by_user
from backend.patrols.models import Patrol, PatrolAppeal, PatrolLine, PatrolMember
from backend.patrols.receipts import note_seen
from backend.patrols.schemas import PatrolList, PatrolOut
from backend.patrols.shown import averaged_lines, coarse_lines, shown_lines
from backend.patrols.starting import running_membership
from backend.patrols.wire import patrol_out, patrols_out
from routing import track
from routing.track_privacy import Line

LISTED_MAX = 50
MINE_MAX = 30


async def visible(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, areas.Area]:
    """The patrol, for its members and for the desk of its area; `NotFound` for anybody else."""
    patrol = await Patrol.filter(id=patrol_id).first()
    if patrol is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    area = await areas.get(patrol.area_id)
    if not actor.may_any(DESK_ROLES, area.path) and not await _walked(actor, patrol_id):
        raise NotFound(kind="patrol", id=str(patrol_id))
    return patrol, area


async def _walked(actor: Actor, patrol_id: uuid.UUID) -> bool:
    return await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).exists()


async def require_persons(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, bool]:
    """The patrol, for those who may know who of it was where: its members and (True) the police of its area.

    Others of the desk see teams, not persons: `NotAllowed`.
    """
    patrol, area = await visible(actor, patrol_id)
    police = actor.may_any(POLICE_ROLES, area.path)
    if not police and not await _walked(actor, patrol_id):
        raise NotAllowed(need=[role.value for role in POLICE_ROLES])
    return patrol, police


async def get(actor: Actor, patrol_id: uuid.UUID) -> PatrolOut:
    """A patrol as its members and the desk see it."""
    patrol, _ = await visible(actor, patrol_id)
    return await patrol_out(patrol, actor)


async def running(actor: Actor) -> PatrolOut | None:
    """The asker's running patrol."""
    member = await running_membership(actor.user_id)
    return await patrol_out(await Patrol.get(id=member.patrol_id), actor) if member else None


async def my_past(actor: Actor) -> PatrolList:
    """The asker's last patrols, the latest first."""
    ids = (
        await PatrolMember.filter(user_id=actor.user_id)
        .order_by("-joined_at", "-id")
        .limit(MINE_MAX)
        .values_list("patrol_id", flat=True)
    )
    found = await Patrol.filter(id__in=list(ids)).order_by("-started_at", "-id") if ids else []
    return PatrolList(items=await patrols_out(found, actor), next=None)


async def listed(actor: Actor, area_id: uuid.UUID, state: str) -> PatrolList:
    """Patrols of the area for the desk: in one state, with an appeal to decide, or the last fifty; of those to review, the
    odd ones first."""
    area = await areas.visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    wanted = Patrol.filter(area_id__in=await areas.descendant_ids(area))
    if state == "appealed":
        waiting = await PatrolAppeal.filter(decision__isnull=True).values_list("patrol_id", flat=True)
        wanted = wanted.filter(id__in=list(waiting))
    elif state != "recent":
        wanted = wanted.filter(state=state)
    first = ("-doubt",) if state == "awaiting_review" else ()
    found = await wanted.order_by(*first, "-started_at", "-id").limit(LISTED_MAX)
    return PatrolList(items=await patrols_out(found, actor), next=None)


async def judges(actor: Actor, patrol: Patrol) -> bool:
    """Whether the actor is whoever judges the patrol: anybody of the police until the verdict, and those who gave one."""
    asked = await PatrolAppeal.filter(patrol_id=patrol.id).first()
    if patrol.state in ("active", "awaiting_review") or (asked is not None and asked.decision is None):
        return True
    return actor.user_id in (patrol.reviewed_by, asked.decided_by if asked else None)


async def _lines_for(actor: Actor, patrol: Patrol, by_user: dict[uuid.UUID, list[track.Point]]) -> list[Line]:
    """Everybody's way as the actor may see it: whole one's own, without ends and homes those of others; those to 50 m only
    once the patrol was judged by somebody else."""
    hidden = await hidden_around(by_user)
    shown = shown_lines if await judges(actor, patrol) else coarse_lines
    return [
        line
        for user_id, points in by_user.items()
        for line in (averaged_lines(points) if user_id == actor.user_id else shown(points, hidden[user_id]))
    ]


async def _coarse_kept(patrol_id: uuid.UUID, user_id: uuid.UUID | None) -> list[Line]:
    """What is left of everybody's way, or of one's, after the positions are gone."""
    kept = PatrolLine.filter(patrol_id=patrol_id, precision=COARSE)
    return [
        [(lon, lat) for lon, lat in line]
        for each in await (kept if user_id is None else kept.filter(user_id=user_id)).order_by("user_id")
        for line in each.lines
    ]


async def track_of(actor: Actor, patrol_id: uuid.UUID) -> dict[str, Any]:
    """The walked lines as a GeoJSON Feature, one line a segment, to about a metre: all of them for the police of the area, a
    walker's own for the walker. Others than those who judge it see a judged patrol to 50 m, and so everybody after 30 days."""
    patrol, police = await require_persons(actor, patrol_id)
    whose = None if police else actor.user_id
    if patrol.forgotten_at is not None:
        lines = await _coarse_kept(patrol_id, whose)
    else:
        lines = await _lines_for(actor, patrol, await points_by_user(patrol_id, whose))
    if police:
        await note_seen(actor.user_id, [patrol_id], live=False)
    return {
        "type": "Feature",
        "id": str(patrol_id),
        "geometry": {
            "type": "MultiLineString",
            "coordinates": [[[round(lon, 5), round(lat, 5)] for lon, lat in line] for line in lines],
        },
        "properties": {"started_at": patrol.started_at.isoformat(), "segments": len(lines)},
    }
