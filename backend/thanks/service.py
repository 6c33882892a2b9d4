"""Use cases of thanks: one's badges, words to a team, and noting on which days it rained."""

import datetime as dt
import uuid
import zoneinfo

import msgspec

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute, rows
from backend.core.problems import Conflict, FieldError, InvalidFields, Problem
from backend.core.roles import DESK_ROLES, POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.notify import service as notify
from backend.patrols import service as patrols
from backend.people import service as people
from backend.thanks.badges import DAY_BEGINS, badges_of
from backend.thanks.models import TeamThanks
from backend.thanks.schemas import BadgeOut, RainIn, RainOut, TeamThanksIn, TeamThanksOut, ThankedTeam

__all__ = ["my_badges", "my_team_thanks", "note_rain", "rain_days", "teams_to_thank", "thank_team"]

LISTED = 50
THANKING_ROLES = (*POLICE_ROLES, Role.POSTER)


class OwnTeam(Problem):
    """Nobody thanks their own team in the district's name."""

    status, code, title = 403, "own-team-thanked", "Somebody outside the team must thank it"


# --- badges ---------------------------------------------------------------------------------------------------------


async def my_badges(actor: Actor) -> list[BadgeOut]:
    """Every badge, with when it was earned or how far one is."""
    person = await people.person_of(actor.user_id)
    district = await areas.district_of(await areas.get(person.area_id)) if person.area_id else None
    zone = zoneinfo.ZoneInfo(district.time_zone if district else "UTC")
    walks = [
        msgspec.structs.replace(each, started_at=each.started_at.astimezone(zone))
        for each in await patrols.past_walks(actor.user_id)
    ]
    return badges_of(walks, await _rain(district) if district else set())


# --- words to a team ------------------------------------------------------------------------------------------------


async def teams_to_thank(actor: Actor, area_id: uuid.UUID) -> list[ThankedTeam]:
    """The teams of an area that have anybody in them, for those who may thank one."""
    area = await areas.visible(actor, area_id)
    actor.require_any(THANKING_ROLES, area.path)
    members = await people.team_members(await areas.descendant_ids(area))
    return [
        ThankedTeam(id=team.id, name_zh=team.name_zh, name_en=team.name_en)
        for team in await people.teams_named(set(members))
    ]


async def thank_team(actor: Actor, wanted: TeamThanksIn) -> TeamThanksOut:
    """Thank a team in words its members all get; the same id again answers the same. Raises `OwnTeam`."""
    area = await areas.visible(actor, await people.area_of_team(wanted.team_id))
    actor.require_any(THANKING_ROLES, area.path)
    if (await people.teams_of({actor.user_id})).get(actor.user_id) == wanted.team_id:
        raise OwnTeam
    return await _thank(actor, area, wanted)


@atomic
async def _thank(actor: Actor, area: Area, wanted: TeamThanksIn) -> TeamThanksOut:
    made = await execute(
        "INSERT INTO team_thanks (id, team_id, said_by, said, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        wanted.id, wanted.team_id, actor.user_id, wanted.text.strip(), clock.now(),
    )  # fmt: skip
    stored = await TeamThanks.get(id=wanted.id)
    if (stored.team_id, stored.said_by) != (wanted.team_id, actor.user_id):
        raise Conflict(id=str(wanted.id))
    (out,) = await _out([stored])
    if made:
        members = (await people.team_members([area.id])).get(wanted.team_id, set())
        await notify.send(
            sorted(members),
            "team.thanks",
            ("team", wanted.team_id),
            f"{out.from_name}感谢{out.team_name_zh}",
            f"{out.from_name} thanks {out.team_name_en}",
            stored.said,
            stored.said,
            push=True,
        )
        await audit.record(actor, "team.thank", "team", wanted.team_id, area_id=area.id)
    return out


async def my_team_thanks(actor: Actor) -> list[TeamThanksOut]:
    """What one's team was thanked for, latest first."""
    team_id = (await people.teams_of({actor.user_id})).get(actor.user_id)
    if team_id is None:
        return []
    return await _out(await TeamThanks.filter(team_id=team_id).order_by("-at", "-id").limit(LISTED))


async def _out(found: list[TeamThanks]) -> list[TeamThanksOut]:
    names = await people.names({each.said_by for each in found})
    teams = {team.id: team for team in await people.teams_named({each.team_id for each in found})}
    return [
        TeamThanksOut(
            id=each.id,
            team_name_zh=teams[each.team_id].name_zh,
            team_name_en=teams[each.team_id].name_en,
            text=each.said,
            from_name=names.get(each.said_by, ""),
            at=each.at,
        )
        for each in found
    ]


# --- rain -----------------------------------------------------------------------------------------------------------


async def rain_days(actor: Actor, area_id: uuid.UUID, month: dt.date) -> RainOut:
    """The days of the month of a day on which it rained, as noted in the district."""
    district = await areas.district_of(await areas.visible(actor, area_id))
    days = await _rain(district)
    return RainOut(days=sorted(day for day in days if (day.year, day.month) == (month.year, month.month)))


async def note_rain(actor: Actor, wanted: RainIn) -> RainOut:
    """Note that it rained on a day, or that it did not after all, for those at the desk; not for a day to come."""
    area = await areas.visible(actor, wanted.area_id)
    actor.require_any(DESK_ROLES, area.path)
    district = await areas.district_of(area)
    today = (clock.now().astimezone(zoneinfo.ZoneInfo(district.time_zone)) - DAY_BEGINS).date()
    if wanted.day > today:
        message = "Choose a day up to today"
        raise InvalidFields([FieldError("day", "invalid", message, wanted.day.isoformat())])
    await _note(actor, district, wanted)
    return await rain_days(actor, wanted.area_id, wanted.day)


@atomic
async def _note(actor: Actor, district: Area, wanted: RainIn) -> None:
    if wanted.rained:
        changed = await execute(
            "INSERT INTO rain_day (area_id, day, noted_by, noted_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            district.id, wanted.day, actor.user_id, clock.now(),
        )  # fmt: skip
    else:
        changed = await execute("DELETE FROM rain_day WHERE area_id = ? AND day = ?", district.id, wanted.day)
    if changed:
        details = {"day": wanted.day.isoformat(), "rained": wanted.rained}
        await audit.record(actor, "rain.note", "area", district.id, area_id=district.id, details=details)


async def _rain(district: Area) -> set[dt.date]:
    found = await rows("SELECT day FROM rain_day WHERE area_id = ?", district.id)
    days = (each["day"] for each in found)
    return {day if isinstance(day, dt.date) else dt.date.fromisoformat(day) for day in days}
