"""At night nobody walks alone: two people, one of whom has walked before."""

import uuid
from collections.abc import Iterable

from backend.core.roles import Role
from backend.core.sessions import grants_of
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.refusals import NightTeamNeeded
from backend.patrols.schemas import NightTeam

PEOPLE_MIN = 2
EXPERIENCED_MIN = 1
EXPERIENCED_AFTER = 3
"""So many accepted patrols make somebody experienced; leaders of teams are from the first day."""


async def experienced(user_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people who have walked before, or lead a team."""
    wanted = list(dict.fromkeys(user_ids))
    if not wanted:
        return set()
    walked = await PatrolMember.filter(user_id__in=wanted, state="finished").values_list(
        "user_id", "patrol_id"
    )
    accepted = set(
        await Patrol.filter(
            id__in=list({patrol_id for _, patrol_id in walked}), state__in=("accepted", "partial")
        ).values_list("id", flat=True)
        if walked
        else []
    )
    counts = dict.fromkeys(wanted, 0)
    for user_id, patrol_id in walked:
        counts[user_id] += patrol_id in accepted
    found = {user_id for user_id, count in counts.items() if count >= EXPERIENCED_AFTER}
    for user_id in wanted:
        if user_id not in found and any(grant.role is Role.LEADER for grant in await grants_of(user_id)):
            found.add(user_id)
    return found


async def night_team(user_ids: Iterable[uuid.UUID], *, night: bool) -> NightTeam:
    """How a team stands to the rule of the night."""
    people = set(user_ids)
    known = len(await experienced(people))
    return NightTeam(
        needed=night,
        people=len(people),
        people_min=PEOPLE_MIN,
        experienced=known,
        experienced_min=EXPERIENCED_MIN,
        ok=not night or (len(people) >= PEOPLE_MIN and known >= EXPERIENCED_MIN),
    )


async def require_night_team(user_ids: Iterable[uuid.UUID], *, night: bool) -> None:
    """Raise `NightTeamNeeded` when these people may not set out together."""
    if not night:
        return
    team = await night_team(user_ids, night=night)
    if not team.ok:
        raise NightTeamNeeded(
            people=team.people,
            people_min=team.people_min,
            experienced=team.experienced,
            experienced_min=team.experienced_min,
        )
