"""Where those are who walk the same patrol now: for each other, while they walk, and never after."""

import uuid

from backend.core import clock
from backend.core.problems import NotFound
from backend.core.sessions import Actor
from backend.patrols.models import LivePosition, Patrol, PatrolMember
from backend.patrols.overview import POSITION_HOLDS, note_looking
from backend.patrols.schemas import MateList, MatePosition
from backend.patrols.wire import position_out
from backend.people import service as people


async def mates(actor: Actor, patrol_id: uuid.UUID) -> MateList:
    """The last positions of the others who walk this patrol, none older than ten minutes.

    Nobody is named to one who has gone home, or once the patrol is over. That one looked goes on the mates' receipts.
    Raises `NotFound` for anybody who never walked it, the desk included: that has its own map.
    """
    own = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    patrol = await Patrol.filter(id=patrol_id).first()
    if own is None or patrol is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    now = clock.now()
    if patrol.state != "active" or own.state != "walking":
        return MateList(items=[], as_of=now)
    walking = await PatrolMember.filter(
        patrol_id=patrol_id, state="walking", user_id__not=actor.user_id
    ).values_list("user_id", flat=True)
    last = await LivePosition.filter(
        patrol_id=patrol_id, user_id__in=list(walking), at__gt=now - POSITION_HOLDS
    ).order_by("user_id")
    if last:
        await note_looking(actor.user_id, [patrol_id])
    names = await people.names({each.user_id for each in last})
    items = [MatePosition(each.user_id, names.get(each.user_id, ""), position_out(each)) for each in last]
    return MateList(items=items, as_of=now)
