"""Checkpoints: places with a code on paper, on a tag or on a screen, kept by the desk."""

import uuid

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.roles import DESK_ROLES
from backend.core.sessions import Actor
from backend.patrols import codes
from backend.patrols.codes import CheckpointKind
from backend.patrols.models import Checkpoint
from backend.patrols.schemas import (
    CheckpointChange,
    CheckpointCode,
    CheckpointIn,
    CheckpointList,
    CheckpointOut,
)
from routing.geo import Bounds, haversine_m

ALONG_M = 300.0
LISTED_MAX = 200

type LonLat = tuple[float, float]


def checkpoint_out(checkpoint: Checkpoint) -> CheckpointOut:
    """A checkpoint as phones and the desk see it: never its code."""
    return CheckpointOut(
        id=checkpoint.id,
        area_id=checkpoint.area_id,
        name_zh=checkpoint.name_zh,
        name_en=checkpoint.name_en,
        lon=checkpoint.lon,
        lat=checkpoint.lat,
        qr=checkpoint.qr,
        nfc=checkpoint.nfc,
        screen=checkpoint.screen,
    )


async def listed(actor: Actor, area_id: uuid.UUID) -> CheckpointList:
    """The checkpoints of the area that are in use."""
    area = await areas.visible(actor, area_id)
    found = await _in_use(await areas.descendant_ids(area))
    return CheckpointList(items=[checkpoint_out(each) for each in found])


async def _in_use(area_ids: list[uuid.UUID]) -> list[Checkpoint]:
    return (
        await Checkpoint.filter(area_id__in=area_ids, disabled_at__isnull=True)
        .order_by("name_zh", "id")
        .limit(LISTED_MAX)
    )


async def along(line: list[LonLat], area_path: str) -> list[Checkpoint]:
    """Checkpoints of the district within 300 m of a line's corners (WGS-84 degrees)."""
    if not line:
        return []
    box = Bounds.around([lon for lon, _ in line], [lat for _, lat in line]).padded(ALONG_M)
    area_ids = set(await areas.ids_within(areas.district_slug(area_path)))
    boxed = await Checkpoint.filter(
        lon__gte=box.west, lon__lte=box.east, lat__gte=box.south, lat__lte=box.north, disabled_at__isnull=True
    ).order_by("name_zh", "id")
    lons, lats = [lon for lon, _ in line], [lat for _, lat in line]
    near = [
        each
        for each in boxed
        if each.area_id in area_ids and float(haversine_m(lons, lats, each.lon, each.lat).min()) <= ALONG_M
    ]
    return near[:LISTED_MAX]


@atomic
async def create(actor: Actor, wanted: CheckpointIn) -> CheckpointOut:
    """Add a checkpoint; the same id again answers the same."""
    area = await areas.visible(actor, wanted.area_id)
    actor.require_any(DESK_ROLES, area.path)
    there = await Checkpoint.filter(id=wanted.id).first()
    if there is None:
        _check_kinds(wanted.qr, wanted.nfc, wanted.screen)
        there = await Checkpoint.create(
            id=wanted.id, area_id=area.id, name_zh=wanted.name_zh.strip(),
            name_en=(wanted.name_en or wanted.name_zh).strip(), lon=wanted.lon, lat=wanted.lat, qr=wanted.qr,
            nfc=wanted.nfc, screen=wanted.screen, created_at=clock.now(), demo=area.demo,
        )  # fmt: skip
        await audit.record(actor, "checkpoint.create", "checkpoint", there.id, area_id=area.id)
    elif there.area_id != area.id:
        raise NotFound(kind="checkpoint", id=str(wanted.id))
    return checkpoint_out(there)


def _check_kinds(qr: bool, nfc: bool, screen: bool) -> None:
    if not (qr or nfc or screen):
        raise InvalidFields([FieldError("qr", "missing", "Choose a printed code, a tag or a screen", False)])


@atomic
async def change(actor: Actor, checkpoint_id: uuid.UUID, wanted: CheckpointChange) -> CheckpointOut:
    """Rename a checkpoint, renew its codes (all given out before are worthless then) or take it out of use."""
    checkpoint = await _at_desk(actor, checkpoint_id)
    if wanted.name_zh is not None:
        checkpoint.name_zh = wanted.name_zh.strip()
    if wanted.name_en is not None:
        checkpoint.name_en = wanted.name_en.strip()
    if wanted.renew_codes:
        checkpoint.serial = checkpoint.serial % 65_535 + 1
    if wanted.in_use is not None:
        checkpoint.disabled_at = None if wanted.in_use else clock.now()
    await checkpoint.save(update_fields=["name_zh", "name_en", "serial", "disabled_at"])
    await audit.record(
        actor, "checkpoint.change", "checkpoint", checkpoint.id, area_id=checkpoint.area_id,
        details={"renewed": wanted.renew_codes, "in_use": checkpoint.disabled_at is None},
    )  # fmt: skip
    return checkpoint_out(checkpoint)


async def code_of(actor: Actor, checkpoint_id: uuid.UUID, kind: CheckpointKind) -> CheckpointCode:
    """The text to print, to write on a tag, or to show on a screen until `renews_at`."""
    checkpoint = await _at_desk(actor, checkpoint_id)
    if not getattr(checkpoint, kind):
        raise InvalidFields([FieldError("kind", "not-used", "This checkpoint has no such code", kind)])
    now = clock.now()
    return CheckpointCode(
        kind=kind,
        text=codes.checkpoint_code(checkpoint.id, kind, checkpoint.serial, now),
        renews_at=codes.screen_renews_at(now) if kind == "screen" else None,
    )


async def _at_desk(actor: Actor, checkpoint_id: uuid.UUID) -> Checkpoint:
    checkpoint = await Checkpoint.filter(id=checkpoint_id).first()
    area = await areas.get(checkpoint.area_id) if checkpoint else None
    if checkpoint is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="checkpoint", id=str(checkpoint_id))
    actor.require_any(DESK_ROLES, area.path)
    return checkpoint
