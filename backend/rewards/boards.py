"""The leaderboard, only of those who want it where the district wants it, and activity by team in a security scene."""

import datetime as dt
import uuid
import zoneinfo
from collections import Counter
from typing import Any

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic, execute, rows
from backend.core.problems import FieldError, InvalidFields, NotFound, Problem
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.rewards.models import LeaderboardChoice, RewardSetting
from backend.rewards.oversight_schemas import (
    ActivityOut,
    Leaderboard,
    LeaderboardChoiceOut,
    LeaderboardMe,
    LeaderboardRow,
    LeaderboardTeam,
    RewardSettings,
    RewardSettingsPatch,
    SceneIn,
    SecurityScene,
    TeamActivity,
)
from backend.rewards.purse import home_district
from backend.rewards.statements import month_of

SCENE_MAX = dt.timedelta(days=30)
AROUND = 5
TEAM_PEOPLE_MIN = 3
"""A team is shown when at least so many of it take part, so that nobody's points can be told from its sum."""


class NoSecurityScene(Problem):
    """Activity by unit is not shown in ordinary times."""

    status, code, title = (
        403,
        "no-security-scene",
        "Activity by team is shown only while a security scene holds",
    )


# --- what the district decides --------------------------------------------------------------------------------------


async def reward_settings(actor: Actor, area_id: uuid.UUID) -> RewardSettings:
    """What the district decided about its rewards, for its administrators."""
    district = await _ruled(actor, area_id)
    return await _settings_out(await _setting(district.id))


async def change_reward_settings(
    actor: Actor, area_id: uuid.UUID, patch: RewardSettingsPatch
) -> RewardSettings:
    """Switch the leaderboard, declare or end a security scene; each is in the audit log.

    Declaring a scene needs a fresh password, a reason, and an end within 30 days.
    """
    district = await _ruled(actor, area_id)
    if isinstance(patch.security_scene, SceneIn):
        actor.require_fresh()
        if not clock.now() < patch.security_scene.until <= clock.now() + SCENE_MAX:
            message = f"Choose an end from now on, within {SCENE_MAX.days} days"
            value = patch.security_scene.until.isoformat()
            raise InvalidFields([FieldError("security_scene.until", "invalid", message, value)])
    return await _change(actor, district, patch)


@atomic
async def _change(actor: Actor, district: Area, patch: RewardSettingsPatch) -> RewardSettings:
    await execute("INSERT INTO reward_setting (area_id) VALUES (?) ON CONFLICT DO NOTHING", district.id)
    stored = await RewardSetting.filter(area_id=district.id).select_for_update().get()
    if isinstance(patch.leaderboard, bool) and patch.leaderboard != stored.leaderboard:
        stored.leaderboard = patch.leaderboard
        await _note(actor, district, "rewards.leaderboard", {"on": patch.leaderboard})
    if isinstance(patch.security_scene, SceneIn):
        stored.scene_until, stored.scene_reason = patch.security_scene.until, patch.security_scene.reason
        stored.scene_declared_at, stored.scene_declared_by = clock.now(), actor.user_id
        details = {"until": stored.scene_until.isoformat(), "reason": stored.scene_reason}
        await _note(actor, district, "rewards.scene_declared", details)
    elif patch.security_scene is None and stored.scene_until is not None:
        stored.scene_until = stored.scene_reason = stored.scene_declared_at = stored.scene_declared_by = None
        await _note(actor, district, "rewards.scene_ended", {})
    await stored.save()
    return await _settings_out(stored)


async def _note(actor: Actor, district: Area, action: str, details: dict[str, Any]) -> None:
    await audit.record(actor, action, "area", district.id, area_id=district.id, details=details)


async def _ruled(actor: Actor, area_id: uuid.UUID) -> Area:
    district = await areas.district_of(await areas.visible(actor, area_id))
    actor.require(Role.ADMIN, district.path)
    return district


async def _setting(district_id: uuid.UUID) -> RewardSetting:
    return await RewardSetting.get_or_none(area_id=district_id) or RewardSetting(area_id=district_id)


def _scene_until(stored: RewardSetting) -> dt.datetime | None:
    """The end of the scene that holds now."""
    until = stored.scene_until
    return until if until is not None and clock.now() < until else None


async def _settings_out(stored: RewardSetting) -> RewardSettings:
    until = _scene_until(stored)
    scene = None
    if until is not None and stored.scene_declared_at is not None and stored.scene_declared_by is not None:
        names = await people.names({stored.scene_declared_by})
        scene = SecurityScene(
            until=until,
            reason=stored.scene_reason or "",
            declared_at=stored.scene_declared_at,
            declared_by_name=names.get(stored.scene_declared_by, ""),
        )
    return RewardSettings(leaderboard=stored.leaderboard, security_scene=scene)


# --- the leaderboard ------------------------------------------------------------------------------------------------


async def my_choice(actor: Actor) -> LeaderboardChoiceOut:
    """Whether one's district has a leaderboard, and whether one is on it."""
    home = await home_district(actor.user_id)
    available = home is not None and (await _setting(home.id)).leaderboard
    shown = await LeaderboardChoice.filter(user_id=actor.user_id).exists()
    return LeaderboardChoiceOut(available=available, shown=available and shown)


@atomic
async def choose(actor: Actor, shown: bool) -> LeaderboardChoiceOut:
    """Come onto the leaderboard, or leave it; it holds at once."""
    if shown:
        await execute(
            "INSERT INTO leaderboard_choice (user_id, shown_since) VALUES (?, ?) ON CONFLICT DO NOTHING",
            actor.user_id,
            clock.now(),
        )
    else:
        await execute("DELETE FROM leaderboard_choice WHERE user_id = ?", actor.user_id)
    return await my_choice(actor)


async def leaderboard(actor: Actor, area_id: uuid.UUID, month: str | None) -> Leaderboard:
    """A month of the district among those who opted in; `NotFound` where the district has no leaderboard.

    The query itself leaves out everybody else. Nobody sees a whole ranking: only the five before and after oneself.
    """
    district = await areas.district_of(await areas.visible(actor, area_id))
    if not (await _setting(district.id)).leaderboard:
        raise NotFound(kind="leaderboard", id=str(area_id))
    period = month or f"{clock.now().astimezone(zoneinfo.ZoneInfo(district.time_zone)):%Y-%m}"
    since, until = month_of(period, district.time_zone)
    found = await rows(
        "SELECT e.user_id, CAST(sum(e.points) AS BIGINT) AS points FROM points_earning e "
        "JOIN leaderboard_choice c ON c.user_id = e.user_id JOIN person p ON p.id = e.user_id "
        "WHERE e.area_id = ? AND e.at >= ? AND e.at < ? AND p.disabled_at IS NULL "
        "GROUP BY e.user_id HAVING sum(e.points) > 0 ORDER BY points DESC, e.user_id",
        district.id, since, until,
    )  # fmt: skip
    points = {uuid.UUID(str(each["user_id"])): int(each["points"]) for each in found}
    shown = await _around(actor.user_id, points)
    me = next((each for each in shown if each.me), None)
    return Leaderboard(
        month=period,
        people=len(points),
        me=LeaderboardMe(rank=me.rank, points=me.points) if me else None,
        around=shown,
        teams=await _teams(points),
    )


async def _around(user_id: uuid.UUID, points: dict[uuid.UUID, int]) -> list[LeaderboardRow]:
    """The row of a person and the five on each side; equal points have equal rank."""
    order = list(points)
    if user_id not in points:
        return []
    place = order.index(user_id)
    near = order[max(0, place - AROUND) : place + AROUND + 1]
    names = await people.names(set(near))
    totals = list(points.values())
    return [
        LeaderboardRow(
            rank=totals.index(points[each]) + 1, name=names[each], points=points[each], me=each == user_id
        )
        for each in near
    ]


async def _teams(points: dict[uuid.UUID, int]) -> list[LeaderboardTeam]:
    teams = await people.teams_of(set(points))
    counts, sums = Counter(teams.values()), Counter[uuid.UUID]()
    for user_id, team_id in teams.items():
        sums[team_id] += points[user_id]
    shown = {team_id for team_id, count in counts.items() if count >= TEAM_PEOPLE_MIN}
    return [
        LeaderboardTeam(
            team_id=team.id,
            name_zh=team.name_zh,
            name_en=team.name_en,
            people=counts[team.id],
            points=sums[team.id],
        )
        for team in await people.teams_named(shown)
    ]


# --- activity by team -----------------------------------------------------------------------------------------------


async def activity(actor: Actor, area_id: uuid.UUID, days: int) -> ActivityOut:
    """How many of each team's members walked in the last days; `NoSecurityScene` in ordinary times."""
    area = await areas.visible(actor, area_id)
    actor.require_any((*POLICE_ROLES, Role.ADMIN), area.path)
    district = await areas.district_of(area)
    until = _scene_until(await _setting(district.id))
    if until is None:
        raise NoSecurityScene
    members = await people.team_members(await areas.descendant_ids(area))
    since = clock.now() - dt.timedelta(days=days)
    walked = await rows(
        "SELECT DISTINCT user_id FROM points_earning WHERE area_id = ? AND kind = 'patrol' AND at >= ?",
        district.id, since,
    )  # fmt: skip
    active = {uuid.UUID(str(each["user_id"])) for each in walked}
    return ActivityOut(
        until=until,
        items=[
            TeamActivity(
                team_id=team.id,
                name_zh=team.name_zh,
                name_en=team.name_en,
                members=len(members[team.id]),
                walked=len(members[team.id] & active),
                share=round(len(members[team.id] & active) / len(members[team.id]), 3),
            )
            for team in await people.teams_named(set(members))
        ],
    )
