"""The harm table: what a district decided about each kind of incident, over what usually holds for a kind of that name.

Domestic and sexual offences stay private whatever the table says: no forecast learns from them, no volunteer sees them.
A district may declare other kinds private too, such as those that its own words hide from the list of names.
"""

import datetime as dt
import math
import uuid
from collections.abc import Iterable, Mapping

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, rows
from backend.core.ids import uuid7
from backend.core.problems import FieldError, InvalidFields, StaleVersion
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.incidents.models import IncidentKind
from backend.incidents.schemas import IncidentKindOut, KindChange, KindTable, KindWhy
from backend.people import service as people
from routing.kinds import WEIGHT_MAX, KindRule, default_rule, kind_words
from routing.words import Words

DECLARED_PRIVATE = Words(
    "本区定为涉隐私：不用于热点，也不出现在任何志愿者看得到的地方。",
    "Declared private by the district: never used for hotspots and never shown where volunteers can see it.",
)
TABLE_ROLES = (Role.OFFICER, Role.ADMIN)


async def rules(area: areas.Area) -> dict[str, KindRule]:
    """The rule of every kind that the area's district has incidents of or decided about."""
    district = await areas.district_of(area)
    decided = await _decided(district)
    return {kind: _rule(kind, decided.get(kind)) for kind in {*await _counts(district), *decided}}


async def unshown_kinds(area: areas.Area) -> frozenset[str]:
    """The kinds that no volunteer may be shown or told about."""
    district = await areas.district_of(area)
    decided = await _decided(district)
    kinds = {*await _counts(district), *decided}
    return frozenset(kind for kind in kinds if not _shown(kind, decided.get(kind)))


async def rules_changed_at(area: areas.Area) -> dt.datetime | None:
    """When the district last decided about a kind; None when it never did."""
    district = await areas.district_of(area)
    last = await IncidentKind.filter(area_id=district.id).order_by("-changed_at").first()
    return last.changed_at if last else None


async def known_kinds(district: areas.Area, kinds: Iterable[str]) -> set[str]:
    """Those of `kinds` that the district decided about, or whose name is on the usual list."""
    decided = await _decided(district)
    return {kind for kind in kinds if kind in decided or _is_usual(kind)}


async def table(actor: Actor, area_id: uuid.UUID) -> KindTable:
    """The table of the area's district: what waits to be assigned first, then the commonest kinds.

    Raises `NotAllowed` to others than its officers and administrators.
    """
    district = await _district(actor, area_id)
    counts, decided = await _counts(district), await _decided(district)
    names = await people.names({each.changed_by for each in decided.values()})
    items = [_out(kind, counts.get(kind, 0), decided.get(kind), names) for kind in {*counts, *decided}]
    items.sort(key=lambda each: (each.known or each.assigned, -each.incidents, each.kind))
    return KindTable(items=items, weight_max=WEIGHT_MAX)


@atomic
async def change(actor: Actor, new: KindChange) -> IncidentKindOut:
    """Decide about a kind. Raises `InvalidFields`, and `StaleVersion` when someone decided meanwhile."""
    district = await _district(actor, new.area_id)
    counts, decided = await _counts(district), await _decided(district)
    if errors := _errors(new, known={*counts, *decided}):
        raise InvalidFields(errors)
    before = decided.get(new.kind)
    if (before.version if before else 0) != new.version:
        raise StaleVersion(version=before.version if before else 0)
    # Two who decided at once: the insert of the second finds the kind there, its update another version.
    written = await rows(
        "INSERT INTO incident_kind (id, area_id, kind, weight, counted, shown, private, version, changed_by, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (area_id, kind) DO UPDATE SET weight = excluded.weight,"
        " counted = excluded.counted, shown = excluded.shown, private = excluded.private, version = excluded.version,"
        " changed_by = excluded.changed_by, changed_at = excluded.changed_at"
        " WHERE incident_kind.version = ? RETURNING id",
        uuid7(), district.id, new.kind, new.weight, new.counted, new.shown, new.private, new.version + 1, actor.user_id,
        clock.now(), new.version,
    )  # fmt: skip
    if not written:
        raise StaleVersion()
    changed = (await _decided(district))[new.kind]
    details = {
        "kind": new.kind, "weight": new.weight, "counted": new.counted, "shown": new.shown, "private": new.private,
        "before": {
            "weight": before.weight, "counted": before.counted, "shown": before.shown, "private": before.private,
        } if before else None,
    }  # fmt: skip
    await audit.record(
        actor, "incidents.kind_change", "incident_kind", changed.id, area_id=district.id, details=details
    )
    names = await people.names({actor.user_id})
    return _out(new.kind, counts.get(new.kind, 0), changed, names)


async def _district(actor: Actor, area_id: uuid.UUID) -> areas.Area:
    district = await areas.district_of(await areas.visible(actor, area_id))
    actor.require_any(TABLE_ROLES, district.path)
    return district


async def _counts(district: areas.Area) -> dict[str, int]:
    """How many incidents of each kind the district has."""
    found = await rows(
        "SELECT kind, COUNT(*) AS incidents FROM incident WHERE area_id = ? GROUP BY kind", district.id
    )
    return {each["kind"]: each["incidents"] for each in found}


def _is_usual(kind: str) -> bool:
    """Whether the kind's name is on the usual list, or tells by itself what rule it has."""
    return default_rule(kind) != KindRule() or kind_words(kind).en not in (kind.lower(), f"“{kind}”")


async def _decided(district: areas.Area) -> dict[str, IncidentKind]:
    return {each.kind: each for each in await IncidentKind.filter(area_id=district.id)}


def _rule(kind: str, decided: IncidentKind | None) -> KindRule:
    usual = default_rule(kind)
    if decided is None:
        return usual
    if usual.private or decided.private:
        return KindRule(
            min(decided.weight, WEIGHT_MAX), False, True, usual.why if usual.private else DECLARED_PRIVATE
        )
    return KindRule(min(decided.weight, WEIGHT_MAX), decided.counted, False, usual.why)


def _shown(kind: str, decided: IncidentKind | None) -> bool:
    usual = default_rule(kind)
    if decided is None:
        return usual.counted and not usual.private
    return decided.shown and not (usual.private or decided.private)


def _errors(new: KindChange, known: set[str]) -> list[FieldError]:
    found: list[FieldError] = []
    if new.kind not in known:
        message = "The district has no incident of this kind; choose one of its own"
        return [FieldError("kind", "unknown", message, new.kind[:80])]
    if not (math.isfinite(new.weight) and 0 <= new.weight <= WEIGHT_MAX):
        message = f"Use a number from 0 to {WEIGHT_MAX:g}; no kind may own the map"
        found.append(FieldError("weight", "out-of-range", message, new.weight))
    if default_rule(new.kind).private or new.private:
        message = "Private kinds are never learned from nor shown to volunteers; leave it off"
        found += [
            FieldError(name, "private", message, True)
            for name, value in (("counted", new.counted), ("shown", new.shown))
            if value
        ]
    return found


def _out(
    kind: str, incidents: int, decided: IncidentKind | None, names: Mapping[uuid.UUID, str]
) -> IncidentKindOut:
    rule, words = _rule(kind, decided), kind_words(kind)
    return IncidentKindOut(
        kind=kind,
        name_zh=words.zh,
        name_en=words.en,
        incidents=incidents,
        weight=rule.weight,
        counted=rule.counted,
        shown=_shown(kind, decided),
        private=rule.private,
        always_private=default_rule(kind).private,
        known=_is_usual(kind),
        assigned=decided is not None,
        why=KindWhy(rule.why.zh, rule.why.en) if rule.why else None,
        version=decided.version if decided else 0,
        changed_at=decided.changed_at if decided else None,
        changed_by_name=names.get(decided.changed_by, "") if decided else "",
    )
