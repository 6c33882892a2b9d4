"""The audit log: who did what to which thing. Append-only, and hash-chained so that a change shows.

Every district (the first part of an area's path) has a chain of its own, so districts do not wait for each other;
what belongs to no district is in the chain "". Triggers refuse to change or delete an entry and to add one that
does not follow the last; the head of the chain, kept apart, shows when the end was cut off.
"""

import datetime as dt
import hashlib
import json
import uuid
from typing import Any, Protocol

import msgspec

from backend.core import clock
from backend.core.db import atomic, execute, row, rows, sql
from backend.core.ids import uuid7
from backend.core.models import AuditEntry, AuditHead

PAGE = 1_000
GENESIS = ""
"""What the first entry of a chain carries as the hash before it."""


class Doer(Protocol):
    """Whoever acts; the sessions' Actor is one."""

    @property
    def user_id(self) -> uuid.UUID: ...


class Broken(msgspec.Struct, frozen=True):
    """The first entry that is wrong: its number in its district's chain, and how it is wrong."""

    tenant: str
    seq: int
    reason: str
    entry_id: uuid.UUID | None = None


class VerifyReport(msgspec.Struct, frozen=True):
    """What a verification found."""

    ok: bool
    checked: int
    first_bad: Broken | None = None


@atomic
async def record(
    actor: Doer | None,
    action: str,
    kind: str,
    id: uuid.UUID | str,
    area_id: uuid.UUID | None = None,
    details: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Add an entry in the caller's transaction (or one of its own) and return its id.

    `action` is the move ("task.publish"), `kind` and `id` the thing, `details` JSON values that a reviewer needs
    (ids and states, not phone numbers). The district's chain stays locked until the transaction ends, so keep it
    short, and call this last.
    """
    tenant = await _tenant_of(area_id)
    head = await _locked_head(tenant)
    entry = AuditEntry(
        id=uuid7(),
        tenant=tenant,
        position=head["position"] + 1,
        at=clock.now(),
        actor_id=actor.user_id if actor is not None else None,
        action=action,
        kind=kind,
        object_id=str(id),
        area_id=area_id,
        details=_canonical(msgspec.to_builtins(details or {})),
        previous_hash=head["hash"],
    )
    entry.hash = hash_of(entry)
    await entry.save(force_create=True)
    await execute(
        "UPDATE audit_head SET position = ?, hash = ? WHERE tenant = ?", entry.position, entry.hash, tenant
    )
    return entry.id


async def _tenant_of(area_id: uuid.UUID | None) -> str:
    if area_id is None:
        return ""
    area = await row("SELECT path FROM area WHERE id = ?", area_id)
    return area["path"].split("/", 1)[0] if area else ""


async def _locked_head(tenant: str) -> dict[str, Any]:
    """The chain's last link. The conditional insert, or the row lock, lets one transaction at a time past here."""
    await execute(
        "INSERT INTO audit_head (tenant, position, hash) VALUES (?, 0, ?) ON CONFLICT (tenant) DO NOTHING",
        tenant, GENESIS,
    )  # fmt: skip
    # SQLite's transactions begin with the write lock and need no more.
    head = await row(
        f"SELECT position, hash FROM audit_head WHERE tenant = ? {sql(sqlite='', postgres='FOR UPDATE')}",
        tenant,
    )
    assert head is not None
    return head


def hash_of(entry: AuditEntry) -> str:
    """SHA-256 over every column of the entry and the hash of the entry before it."""
    columns = [
        entry.previous_hash,
        entry.tenant,
        entry.position,
        str(entry.id),
        entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        str(entry.actor_id) if entry.actor_id else None,
        entry.action,
        entry.kind,
        entry.object_id,
        str(entry.area_id) if entry.area_id else None,
        entry.details,
    ]
    return hashlib.sha256(_canonical(columns).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


async def verify(tenant: str | None = None) -> VerifyReport:
    """Recompute the chain of one district, or of all, up to where it ended when this began.

    Names the first wrong entry of the first broken chain. Writers are not held up.
    """
    checked = 0
    for name in [tenant] if tenant is not None else await _tenants():
        head = await AuditHead.get_or_none(tenant=name)
        count, broken = await _verify_chain(name, head)
        checked += count
        if broken is not None:
            return VerifyReport(ok=False, checked=checked, first_bad=broken)
    return VerifyReport(ok=True, checked=checked)


async def _tenants() -> list[str]:
    found = await rows("SELECT tenant FROM audit_head UNION SELECT tenant FROM audit_entry ORDER BY tenant")
    return [each["tenant"] for each in found]


async def _verify_chain(tenant: str, head: AuditHead | None) -> tuple[int, Broken | None]:
    """How many entries were looked at, and the first that is wrong."""
    previous_hash, position = GENESIS, 0
    while True:
        page = await AuditEntry.filter(tenant=tenant, position__gt=position).order_by("position").limit(PAGE)
        for entry in page:
            position += 1
            if reason := _wrong(entry, position, previous_hash):
                return position, Broken(tenant, position, reason, None if reason == MISSING else entry.id)
            previous_hash = entry.hash
            if head is not None and position == head.position:
                return position, _wrong_end(tenant, position, head, previous_hash)
        if len(page) < PAGE:
            return position, _wrong_end(tenant, position, head, previous_hash)


MISSING = "the entry is missing"
ALTERED = "the entry was altered: its content does not give its hash"
UNLINKED = "the entry does not carry the hash of the one before it"
CUT = "the entries from here on are missing: the chain's head is further on"
NO_HEAD = "the chain's head is missing or behind: entries were added without it"
OTHER_END = "the chain was rewritten: its last entry is not the one that the head names"


def _wrong(entry: AuditEntry, position: int, previous_hash: str) -> str:
    if entry.position != position:
        return MISSING
    if entry.previous_hash != previous_hash:
        return UNLINKED
    return "" if entry.hash == hash_of(entry) else ALTERED


def _wrong_end(tenant: str, position: int, head: AuditHead | None, last_hash: str) -> Broken | None:
    if head is None:
        return Broken(tenant, position, NO_HEAD) if position else None
    if position < head.position:
        return Broken(tenant, position + 1, CUT)
    if position > head.position:
        return Broken(tenant, head.position + 1, NO_HEAD)
    return None if head.hash == last_hash else Broken(tenant, position, OTHER_END)
