"""Deleting by age: positions after a month, coarse lines after a year, photos after a quarter."""

import datetime as dt
import uuid

import structlog

from backend.core import clock, media
from backend.core.db import atomic, execute
from backend.patrols.homes import hidden_around
from backend.patrols.measuring import COARSE, MATCHED, keep_line, locked_patrol, points_by_user
from backend.patrols.models import Patrol, PatrolLine, Visit
from backend.patrols.receipts import COARSE_KEPT, FIXES_KEPT, PHOTOS_KEPT
from backend.patrols.shown import coarse_lines
from backend.patrols.walked_cells import forget_cells

log = structlog.get_logger(__name__)

AT_ONCE = 200


async def forget() -> dict[str, int]:
    """Delete what is too old; returns how many patrols, lines and photos, which the log keeps as the report."""
    now = clock.now()
    done = {"patrols": 0, "lines": 0, "photos": 0}
    while due := await Patrol.filter(
        finished_at__lt=now - FIXES_KEPT, forgotten_at__isnull=True, state__not="awaiting_review"
    ).order_by("finished_at").limit(AT_ONCE):  # fmt: skip
        done["patrols"] += sum([await _forget_fixes(patrol.id, now) for patrol in due])
    waiting = await Patrol.filter(
        finished_at__lt=now - 2 * FIXES_KEPT, forgotten_at__isnull=True, state="awaiting_review"
    ).limit(AT_ONCE)
    done["patrols"] += sum([await _forget_fixes(patrol.id, now) for patrol in waiting])
    done["lines"] = await PatrolLine.filter(
        precision=COARSE, made_at__lt=now - (COARSE_KEPT - FIXES_KEPT)
    ).delete()
    await forget_cells()
    for visit in await Visit.filter(photo_key__isnull=False, at__lt=now - PHOTOS_KEPT).limit(AT_ONCE):
        await _forget_photo(visit)
        done["photos"] += 1
    log.info("patrols_forgotten", **done)
    return done


@atomic
async def _forget_fixes(patrol_id: uuid.UUID, now: dt.datetime) -> int:
    """Keep a coarse line without the ends of the walk, then delete every place of the patrol."""
    patrol = await locked_patrol(patrol_id)
    if patrol is None or patrol.forgotten_at is not None:
        return 0
    by_user = await points_by_user(patrol_id)
    hidden = await hidden_around(by_user)
    for user_id, points in by_user.items():
        await keep_line(patrol_id, user_id, COARSE, coarse_lines(points, hidden[user_id]))
    await execute("DELETE FROM fix WHERE patrol_id = ?", patrol_id)
    await PatrolLine.filter(patrol_id=patrol_id, precision=MATCHED).delete()
    for table in ("patrol_log", "visit"):
        await execute(
            f"UPDATE {table} SET lon = NULL, lat = NULL WHERE patrol_id = ? AND {_ELSEWHERE[table]}",
            patrol_id,
        )
    if patrol.measured:
        patrol.measured = {**patrol.measured, "shape": [], "cells": []}
    patrol.findings = [{**each, "place": None} for each in patrol.findings]
    patrol.forgotten_at = now
    await patrol.save(update_fields=["measured", "findings", "forgotten_at"])
    return 1


_ELSEWHERE = {
    "patrol_log": "lon IS NOT NULL",
    "visit": "(checkpoint_id IS NOT NULL OR stop_order IS NOT NULL)",
}
"""A visit that says nothing but a place keeps it: without, it would be nothing at all."""


@atomic
async def _forget_photo(visit: Visit) -> None:
    if visit.photo_key is not None:
        await media.delete(visit.photo_key)
        await Visit.filter(id=visit.id).update(photo_key=None)
