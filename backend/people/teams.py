"""Teams: founding and renaming them, the codes people join with, and who is in which."""

import secrets
import uuid

from backend.areas import service as areas
from backend.core import audit, clock, sessions
from backend.core.db import atomic, execute
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.people.administering import administered, person_out
from backend.people.known import team_ref
from backend.people.models import Person, Team
from backend.people.refusals import TeamNameTaken
from backend.people.schemas import MyTeam, PersonOut, TeamChange, TeamNew, TeamOut

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and letters that nobody takes for one another when they are read aloud or from paper."""
CODE_LENGTH = 8


def new_code() -> str:
    """A code that nobody can guess, short enough to be written on a slip of paper."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


async def teams(actor: Actor, area_id: uuid.UUID) -> list[TeamOut]:
    """The teams of an area and below it with their codes, by area and name, for its administrators."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    found = await Team.filter(area_id__in=await areas.descendant_ids(area)).order_by(
        "area_id", "name_zh", "id"
    )
    return await _teams_out(found)


@atomic
async def found_team(actor: Actor, new: TeamNew) -> TeamOut:
    """Add a team to an area; sent again with the same id it is the same team.

    Raises `TeamNameTaken` when the area has a team of that name.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require(Role.ADMIN, area.path)
    await areas.hold(area.id)
    known = await Team.filter(id=new.id, area_id=area.id).first()
    if known is not None:
        return (await _teams_out([known]))[0]
    await _require_free_name(area.id, new.name_zh)
    added = await execute(
        "INSERT INTO team (id, area_id, name_zh, name_en, invite_code, demo) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO NOTHING",
        new.id, area.id, new.name_zh, new.name_en or new.name_zh, new_code(), False,
    )  # fmt: skip
    team = await Team.filter(id=new.id, area_id=area.id).first()
    if team is None:  # the id belongs to a team elsewhere, which is none of the actor's business
        raise NotFound(kind="team", id=str(new.id))
    if added:
        await audit.record(
            actor, "team.found", "team", team.id, area_id=area.id, details={"name": team.name_zh}
        )
    return (await _teams_out([team]))[0]


@atomic
async def change_team(actor: Actor, team_id: uuid.UUID, change: TeamChange) -> TeamOut:
    """Rename a team; what is not given stays."""
    team = await _administered_team(actor, team_id)
    if change.name_zh is not None and change.name_zh != team.name_zh:
        await areas.hold(team.area_id)
        await _require_free_name(team.area_id, change.name_zh)
        team.name_zh = change.name_zh
    if change.name_en is not None:
        team.name_en = change.name_en
    await team.save(update_fields=["name_zh", "name_en"])
    await audit.record(
        actor, "team.change", "team", team.id, area_id=team.area_id, details={"name": team.name_zh}
    )
    return (await _teams_out([team]))[0]


@atomic
async def renew_code(actor: Actor, team_id: uuid.UUID) -> TeamOut:
    """Give a team another code; with the one before nobody can join any more."""
    team = await _administered_team(actor, team_id)
    team.invite_code = new_code()
    await team.save(update_fields=["invite_code"])
    await audit.record(actor, "team.code", "team", team.id, area_id=team.area_id)
    return (await _teams_out([team]))[0]


@atomic
async def put_in_team(actor: Actor, user_id: uuid.UUID, team_id: uuid.UUID | None) -> PersonOut:
    """Put a person into a team, or into none. Who joins lives from then on where the team is, as with its code."""
    person, _ = await administered(actor, user_id)
    if team_id is None:
        person.team_id = None
        await person.save(update_fields=["team_id"])
    else:
        team = await _administered_team(actor, team_id)
        area = await areas.get(team.area_id)
        await (
            sessions.RoleGrant.filter(
                user_id=user_id, role=Role.VOLUNTEER, area_id=person.area_id, revoked_at__isnull=True
            )
            .exclude(area_id=area.id)
            .update(revoked_at=clock.now())
        )
        await sessions.grant_role(
            user_id, Role.VOLUNTEER, area_id=area.id, area_path=area.path, granted_by=actor.user_id
        )
        person.team_id, person.area_id = team.id, area.id
        await person.save(update_fields=["team_id", "area_id"])
    await audit.record(
        actor,
        "person.team",
        "person",
        user_id,
        area_id=person.area_id,
        details={"team_id": str(team_id) if team_id else None},
    )
    return await person_out(person)


async def my_team(actor: Actor) -> MyTeam:
    """One's own team; its code for those who lead it. `NotFound` for who is in none."""
    person = await Person.filter(id=actor.user_id).first()
    team = await Team.filter(id=person.team_id).first() if person and person.team_id else None
    if team is None:
        raise NotFound(kind="team", id="")
    area = await areas.get(team.area_id)
    invites = actor.may_any((Role.LEADER, Role.ADMIN), area.path)
    named = team_ref(team)
    assert named is not None, "there is a team"
    return MyTeam(
        team=named,
        members=(await _members([team.id])).get(team.id, 0),
        invite_code=team.invite_code if invites else None,
    )


async def _administered_team(actor: Actor, team_id: uuid.UUID) -> Team:
    """The team, if the actor administers its area; else `NotFound`."""
    team = await Team.filter(id=team_id).first()
    if team is None or not actor.may(Role.ADMIN, (await areas.get(team.area_id)).path):
        raise NotFound(kind="team", id=str(team_id))
    return team


async def _require_free_name(area_id: uuid.UUID, name_zh: str) -> None:
    if await Team.filter(area_id=area_id, name_zh=name_zh).exists():
        raise TeamNameTaken(name=name_zh)


async def _members(team_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many people who are not suspended each team has."""
    counted: dict[uuid.UUID, int] = {}
    if team_ids:
        in_teams = Person.filter(team_id__in=team_ids, disabled_at__isnull=True)
        for team_id in await in_teams.values_list("team_id", flat=True):
            counted[team_id] = counted.get(team_id, 0) + 1  # type: ignore[index]
    return counted


async def _teams_out(found: list[Team]) -> list[TeamOut]:
    refs = await areas.refs({team.area_id for team in found})
    members = await _members([team.id for team in found])
    return [
        TeamOut(
            id=team.id,
            area=refs[team.area_id],
            name_zh=team.name_zh,
            name_en=team.name_en,
            invite_code=team.invite_code,
            members=members.get(team.id, 0),
        )
        for team in found
    ]
