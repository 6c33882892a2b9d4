"""Warnings of places, written down by people who know them, and told to whoever plans or walks a route beside them."""

import uuid
from collections.abc import Sequence

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import Conflict, FieldError, InvalidFields, NotFound
from backend.core.roles import POLICE_ROLES, Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.planning.checking import OUTSIDE_MAX_M
from backend.planning.models import HazardNote
from backend.planning.reading import planned_tasks, visible
from backend.planning.schemas import (
    HazardNoteNew,
    HazardNoteOut,
    NotesBeside,
    PlanHazards,
    RouteNote,
    RouteNotes,
)
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut
from routing.geo import Bounds
from routing.minding import beside

NOTE_LENGTH_MAX = 200
NOTES_MAX = 500
"""A district with more of them has other work to do first."""


async def of_plan(actor: Actor, plan_id: uuid.UUID) -> PlanHazards:
    """The district's warnings, the newest first, and which of them lie beside which of the plan's routes."""
    plan, area = await visible(actor, plan_id)
    actor.require_any(POLICE_ROLES, area.path)
    notes = await _notes(area)
    names = await people.names({note.created_by for note in notes})
    return PlanHazards(
        notes=[_out(note, names) for note in notes],
        routes=[
            NotesBeside(task.plan_team, [note.id for note in _beside(task, notes)])
            for task in await planned_tasks(plan)
            if task.plan_team is not None and task.stops
        ],
    )


async def of_task(actor: Actor, task_id: uuid.UUID) -> RouteNotes:
    """The warnings beside a task's route, for whoever may look at the task."""
    task = await tasks.get(actor, task_id)
    notes = await _notes(await areas.get(task.area_id))
    return RouteNotes(
        [RouteNote(each.id, each.kind, each.lon, each.lat, each.note) for each in _beside(task, notes)]
    )


async def of_area(actor: Actor, area_id: uuid.UUID) -> RouteNotes:
    """The warnings in and close around an area, the newest first, for whoever walks there without a route."""
    area = await areas.visible(actor, area_id)
    around = Bounds(area.west, area.south, area.east, area.north).padded(OUTSIDE_MAX_M)
    return RouteNotes(
        [
            RouteNote(each.id, each.kind, each.lon, each.lat, each.note)
            for each in await _notes(area)
            if bool(around.contains(each.lon, each.lat))
        ]
    )


async def _notes(area: areas.Area) -> list[HazardNote]:
    district = await areas.district_of(area)
    found = HazardNote.filter(area_id=district.id, removed_at__isnull=True)
    return await found.order_by("-id").limit(NOTES_MAX)


def _beside(task: TaskOut, notes: Sequence[HazardNote]) -> list[HazardNote]:
    if task.route is None:
        return []
    line = [(float(lon), float(lat)) for lon, lat, *_ in task.route.geometry["coordinates"]]
    return [notes[index] for index in beside(line, [(note.lon, note.lat) for note in notes])]


@atomic
async def note(actor: Actor, new: HazardNoteNew) -> HazardNoteOut:
    """Warn of a place, for every night from now on. Sent again with the same id, it answers the same.

    Raises `InvalidFields`, `NotAllowed` to others than the area's officers.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require(Role.OFFICER, area.path)
    district = await areas.district_of(area)
    before = await HazardNote.filter(id=new.id).first()
    if before is not None:
        if before.created_by != actor.user_id or before.area_id != district.id:
            raise Conflict("This id belongs to another note; make a new one", field="id")
        return _out(before, await people.names({before.created_by}))
    text = new.note.strip()
    errors: list[FieldError] = []
    if not 1 <= len(text) <= NOTE_LENGTH_MAX:
        errors.append(
            FieldError(
                "note",
                "missing",
                f"Say what is to be minded, in at most {NOTE_LENGTH_MAX} characters",
                text[:20],
            )
        )
    box = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
    if not bool(box.contains(new.lon, new.lat)):
        errors.append(
            FieldError("lon", "outside-area", f"Choose a place in {district.name_zh}", [new.lon, new.lat])
        )
    if errors:
        raise InvalidFields(errors)
    kept = await HazardNote.create(
        id=new.id, area_id=district.id, kind=new.kind, lon=new.lon, lat=new.lat, note=text,
        created_by=actor.user_id, created_at=clock.now(),
    )  # fmt: skip
    await audit.record(
        actor, "hazard.note", "hazard_note", new.id, area_id=district.id, details={"kind": new.kind}
    )
    return _out(kept, await people.names({actor.user_id}))


@atomic
async def remove(actor: Actor, note_id: uuid.UUID) -> HazardNoteOut:
    """The place needs no warning any more. Again, it changes nothing."""
    found = await HazardNote.filter(id=note_id).first()
    area = await areas.get(found.area_id) if found else None
    if found is None or area is None or not areas.sees(actor, area.path):
        raise NotFound(kind="hazard_note", id=str(note_id))
    actor.require(Role.OFFICER, area.path)
    if found.removed_at is None:
        found.removed_at = clock.now()
        await found.save(update_fields=["removed_at"])
        await audit.record(actor, "hazard.remove", "hazard_note", note_id, area_id=area.id)
    return _out(found, await people.names({found.created_by}))


def _out(found: HazardNote, names: dict[uuid.UUID, str]) -> HazardNoteOut:
    return HazardNoteOut(
        id=found.id,
        kind=found.kind,
        lon=found.lon,
        lat=found.lat,
        note=found.note,
        created_by_name=names.get(found.created_by, ""),
        created_at=found.created_at,
    )
