"""What the other features may know about people: names, duty, phones, teams, who may walk."""

import uuid
from typing import NamedTuple

from backend.areas import service as areas
from backend.core import clock
from backend.core.problems import NotFound
from backend.people.consents import consenting
from backend.people.models import Person, Team
from backend.people.schemas import (
    TeamRef,
)

AGE_ADULT = 18
PHONE_END_DIGITS = 4


def team_ref(team: Team | None) -> TeamRef | None:
    return TeamRef(id=team.id, name_zh=team.name_zh, name_en=team.name_en) if team else None


def masked(phone: str) -> str:
    """The phone number with its middle hidden."""
    return f"{phone[:3]}****{phone[-2:]}"


def is_adult(person: Person) -> bool:
    """Whether the person is at least 18, counted by the year of birth on the safe side."""
    return _is_grown_up(person.birth_year)


def _is_grown_up(birth_year: int) -> bool:
    return clock.now().year - birth_year > AGE_ADULT


async def may_walk(user_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people whose positions may be kept: not suspended, and agreed to it."""
    enabled = (
        await Person.filter(id__in=list(user_ids), disabled_at__isnull=True).values_list("id", flat=True)
        if user_ids
        else []
    )
    return await consenting(set(enabled), "whereabouts")  # type: ignore[arg-type]


async def names(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of several people at once."""
    if not user_ids:
        return {}
    return dict(await Person.filter(id__in=list(user_ids)).values_list("id", "name"))  # type: ignore[arg-type]


class FoundPerson(NamedTuple):
    """Somebody who was looked for, with what tells namesakes apart."""

    user_id: uuid.UUID
    name: str
    phone: str
    team: TeamRef | None


async def looked_up(area_ids: list[uuid.UUID], text: str, *, limit: int) -> list[FoundPerson]:
    """People of the areas whose name holds `text`, or whose phone ends in it where it is four digits or more; phones are masked.

    Nobody is found by less than two characters, nor by digits in the middle of a number.
    """
    wanted = text.strip()
    if len(wanted) < 2 or (wanted.isdigit() and len(wanted) < PHONE_END_DIGITS):
        return []
    among = Person.filter(area_id__in=area_ids, disabled_at__isnull=True)
    among = among.filter(phone__endswith=wanted) if wanted.isdigit() else among.filter(name__icontains=wanted)
    people = await among.order_by("name", "id").limit(limit)
    teams = {team.id: team for team in await teams_named({each.team_id for each in people if each.team_id})}
    return [
        FoundPerson(each.id, each.name, masked(each.phone), teams.get(each.team_id) if each.team_id else None)
        for each in people
    ]


async def with_phone(phone: str) -> uuid.UUID | None:
    """Whose phone this is, if anybody's who may sign in."""
    found = await Person.filter(phone=phone, disabled_at__isnull=True).first()
    return found.id if found else None


async def is_verified_adult(user_id: uuid.UUID) -> bool:
    """Whether the person may receive alerts and walk at night."""
    person = await Person.filter(id=user_id, disabled_at__isnull=True).first()
    return person is not None and person.verified and is_adult(person)


async def on_duty_people(area_path: str) -> list[uuid.UUID]:
    """Verified adults on duty whose home lies in the area."""
    area_ids = await areas.ids_within(area_path)
    on_duty = Person.filter(area_id__in=area_ids, on_duty=True, verified=True, disabled_at__isnull=True)
    return [user_id for user_id, born in await on_duty.values_list("id", "birth_year") if _is_grown_up(born)]


async def on_duty_among(user_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the people who are verified adults on duty now."""
    if not user_ids:
        return set()
    on_duty = Person.filter(id__in=list(user_ids), on_duty=True, verified=True, disabled_at__isnull=True)
    return {user_id for user_id, born in await on_duty.values_list("id", "birth_year") if _is_grown_up(born)}


async def on_duty_count(area_path: str) -> int:
    """How many people of the area are on duty."""
    area_ids = await areas.ids_within(area_path)
    return await Person.filter(area_id__in=area_ids, on_duty=True, disabled_at__isnull=True).count()


AGE_WORK = 16


async def contacts(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Name and masked phone number of several people at once."""
    found = await Person.filter(id__in=list(user_ids)) if user_ids else []
    return {person.id: (person.name, masked(person.phone)) for person in found}


async def phones(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Whole phone numbers, to send to and not to show."""
    found = await Person.filter(id__in=sorted(user_ids), disabled_at__isnull=True)
    return {person.id: person.phone for person in found}


async def homes(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The area that each of the people lives in, of those who are not suspended."""
    found = await Person.filter(id__in=list(user_ids), disabled_at__isnull=True) if user_ids else []
    return {person.id: person.area_id for person in found if person.area_id is not None}


async def teams_of(user_ids: set[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The team of each of the people who has one."""
    found = await Person.filter(id__in=list(user_ids), team_id__isnull=False) if user_ids else []
    return {person.id: person.team_id for person in found if person.team_id is not None}


async def teams_named(team_ids: set[uuid.UUID]) -> list[TeamRef]:
    """Name tags of several teams, in the order of their names."""
    found = await Team.filter(id__in=list(team_ids)).order_by("name_zh", "id") if team_ids else []
    return [TeamRef(id=team.id, name_zh=team.name_zh, name_en=team.name_en) for team in found]


async def team_members(area_ids: list[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The people of each team of the areas who are not suspended; teams without anybody are left out."""
    teams = await Team.filter(area_id__in=area_ids).values_list("id", flat=True)
    found = await Person.filter(team_id__in=list(teams), disabled_at__isnull=True) if teams else []
    members: dict[uuid.UUID, set[uuid.UUID]] = {}
    for person in found:
        if person.team_id is not None:
            members.setdefault(person.team_id, set()).add(person.id)
    return members


async def area_of_team(team_id: uuid.UUID) -> uuid.UUID:
    """The area a team belongs to; `NotFound` when there is no such team."""
    team = await Team.filter(id=team_id).first()
    if team is None:
        raise NotFound(kind="team", id=str(team_id))
    return team.area_id
