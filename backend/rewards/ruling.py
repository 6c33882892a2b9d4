"""The rules of a district: what earns what in words, new versions, and what they would have changed last month."""

import dataclasses
import uuid

from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.rewards.refusals import as_problems
from backend.rewards.schemas import (
    KindPreview,
    RuleLine,
    RulesDraft,
    RulesInWords,
    RulesOut,
    RulesPreview,
    RulesTry,
    RuleVersion,
)
from backend.rewards.statements import last_month, month_of
from points import budgets, rulebook
from points.models import PointsRules
from points.rules import RULES, PatrolRules
from points.wording import rules_in_words


async def rules_for_volunteers(actor: Actor, area_id: uuid.UUID) -> RulesInWords:
    """What earns what in the district, for everybody in it."""
    district = await areas.district_of(await areas.visible(actor, area_id))
    rules = await rulebook.rules_of(district.id)
    stored = await PointsRules.filter(area_id=district.id, version=rules.version).first()
    lines = [
        RuleLine(code=code, points=points, text_zh=zh, text_en=en)
        for code, points, zh, en in rules_in_words(rules)
    ]
    room = budgets.room_in(await budgets.covering(district.id, clock.now()))
    if room is not None and room.left * 100 <= room.points * (100 - budgets.TOLD_PERCENTS[0]):
        lines.append(
            RuleLine(
                code="budget_left",
                points=room.left,
                text_zh="本期积分预算快用完了，这是还剩的分数",
                text_en="This period's budget is nearly used up; this is what is left of it",
            )
        )
    return RulesInWords(version=rules.version, since=stored.switched_on_at if stored else None, lines=lines)


async def _ruled(actor: Actor, area_id: uuid.UUID) -> Area:
    """The district of the area, for those who administer it as a whole."""
    district = await areas.district_of(await areas.visible(actor, area_id))
    actor.require(Role.ADMIN, district.path)
    return district


async def rules_of_district(actor: Actor, area_id: uuid.UUID) -> RulesOut:
    """Every version of the district's rules, for its administrators."""
    district = await _ruled(actor, area_id)
    current = (await rulebook.rules_of(district.id)).version
    stored = await PointsRules.filter(area_id=district.id).order_by("-version")
    versions = [_stored_version(each, current) for each in stored]
    versions += [_built_in(RULES[number], current) for number in sorted(RULES, reverse=True)]
    return RulesOut(current=next(each for each in versions if each.version == current), versions=versions)


def _figures(rules: PatrolRules) -> dict[str, int]:
    figures = dataclasses.asdict(rules)
    del figures["version"]
    return figures


def _built_in(rules: PatrolRules, current: int) -> RuleVersion:
    return RuleVersion(
        version=rules.version,
        state="on" if rules.version == current else "past",
        figures=_figures(rules),
        note="",
        created_at=None,
        switched_on_at=None,
    )


def _stored_version(stored: PointsRules, current: int) -> RuleVersion:
    state = "draft" if stored.switched_on_at is None else "past"
    return RuleVersion(
        version=stored.version,
        state="on" if stored.version == current else state,
        figures=_figures(rulebook.load_rules(stored)),
        note=stored.note,
        created_at=stored.created_at,
        switched_on_at=stored.switched_on_at,
    )


async def draft_rules(actor: Actor, wanted: RulesDraft) -> RuleVersion:
    """Write down a new version; nothing changes until it is switched on."""
    district = await _ruled(actor, wanted.area_id)
    return await _draft(actor, district, wanted)


@atomic
async def _draft(actor: Actor, district: Area, wanted: RulesDraft) -> RuleVersion:
    with as_problems():
        stored = await rulebook.draft(
            wanted.id, district.id, wanted.figures, wanted.note, actor.user_id, now=clock.now()
        )
    await audit.record(
        actor, "rules.draft", "rules", stored.id, area_id=district.id, details={"version": stored.version}
    )
    return _stored_version(stored, (await rulebook.rules_of(district.id)).version)


async def preview_rules(actor: Actor, wanted: RulesTry) -> RulesPreview:
    """What last month would have earned with these figures; nothing is kept."""
    district = await _ruled(actor, wanted.area_id)
    since, until = month_of(last_month(clock.now(), district.time_zone), district.time_zone)
    with as_problems():
        rules = rulebook.rules_from(wanted.figures, 0)
    found = await rulebook.preview(district.id, rules, since=since, until=until, time_zone=district.time_zone)
    return RulesPreview(
        since=since,
        until=until,
        credits=found.credits,
        people=found.people,
        points_now=found.points_now,
        points_then=found.points_then,
        more=found.more,
        fewer=found.fewer,
        same=found.same,
        kinds=[
            KindPreview(kind=kind, points_now=now, points_then=then)
            for kind, (now, then) in found.by_kind.items()
        ],
    )


async def switch_rules_on(actor: Actor, area_id: uuid.UUID, version: int) -> RuleVersion:
    """Let a drafted version hold from now on; needs a fresh password. What was earned before stays."""
    district = await _ruled(actor, area_id)
    actor.require_fresh()
    return await _switch_on(actor, district, version)


@atomic
async def _switch_on(actor: Actor, district: Area, version: int) -> RuleVersion:
    stored = await rulebook.switch_on(district.id, version, actor.user_id, now=clock.now())
    if stored is None:
        raise NotFound(kind="rules", id=str(version))
    await audit.record(
        actor, "rules.switch_on", "rules", stored.id, area_id=district.id, details={"version": version}
    )
    return _stored_version(stored, (await rulebook.rules_of(district.id)).version)
