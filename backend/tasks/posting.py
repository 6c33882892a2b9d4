"""Posting tasks by hand and editing them."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic
from backend.core.problems import Conflict, FieldError, InvalidFields, StaleVersion
from backend.core.sessions import Actor
from backend.tasks import checking
from backend.tasks.grabbing import hold_until
from backend.tasks.kinds import KINDS, TaskKind
from backend.tasks.models import Assignment, Task
from backend.tasks.promising import keep_promise
from backend.tasks.publishing import publish_locked, tell_on_duty, tell_seated
from backend.tasks.reading import POSTING_ROLES, editable_task, locked_task, visible_task
from backend.tasks.schemas import KindOut, TaskNew, TaskOut, TaskPatch, TemplateOut
from backend.tasks.states import BEFORE_PUBLISHED, TaskState
from backend.tasks.wire import start_of, task_out
from points.rules import CURRENT
from routing.daylight import night_within

PUBLIC_TEXTS = ("title_zh", "title_en", "brief_zh", "brief_en")
EDITABLE = (*BEFORE_PUBLISHED, "published")


def kinds() -> list[KindOut]:
    """Every kind of task with its templates, for the posting form."""
    return [
        KindOut(
            kind=kind.kind,
            title_zh=kind.title_zh,
            title_en=kind.title_en,
            needs_route=kind.needs_route,
            needs_place=kind.needs_place,
            at_homes=kind.at_homes,
            default_minutes=kind.default_minutes,
            default_seats=kind.default_seats,
            default_points=kind.default_points,
            templates=[
                TemplateOut(each.key, each.title_zh, each.title_en, each.do_zh, each.do_en)
                for each in kind.templates
            ],
        )
        for kind in KINDS.values()
    ]


def points_for(kind: TaskKind, night: bool) -> int:
    """What a person is promised for a task of the kind, by the rules of points."""
    return kind.default_points + (CURRENT.night if night else 0)


@atomic
async def create(actor: Actor, new: TaskNew) -> TaskOut:
    """Post a task by hand, published at once with `publish`; sent again with the same id, it answers the same.

    Raises `InvalidFields` with every wrong field, `NotAllowed` without a poster's or an officer's role in the area,
    `BudgetShort` when it is published with points that no budget holds.
    """
    area = await areas.visible(actor, new.area_id)
    actor.require_any(POSTING_ROLES, area.path)
    before = await Task.filter(id=new.id).first()
    if before is not None:
        if before.posted_by != actor.user_id or before.area_id != area.id:
            raise Conflict("This id belongs to another task; make a new one", field="id")
        return await task_out(before, actor)
    task = await _from_form(actor, new, area)
    await task.save(force_create=True)
    await audit.record(actor, "task.create", "task", task.id, area_id=area.id, details={"kind": task.kind})
    if new.publish:
        await publish_locked(actor, task, area)
        await tell_on_duty([task], area)
    return await task_out(task, actor)


async def _from_form(actor: Actor, new: TaskNew, area: areas.Area) -> Task:
    """The unsaved draft that the form describes; `InvalidFields` with everything that is wrong."""
    kind = KINDS.get(new.kind)
    if kind is None:
        raise InvalidFields([FieldError("kind", "unknown", f"Use one of {', '.join(KINDS)}", new.kind)])
    model = await _route_model(actor, new)
    errors = await _form_errors(new, kind, area, model)
    if errors:
        raise InvalidFields(errors)
    template = kind.template(new.template)
    assert template is not None, "an unknown template is a wrong field"
    start = (new.place.lon, new.place.lat) if new.place else (start_of(model) if model else None)
    night = night_within(new.starts_at, new.ends_at, *(start or (area.center_lon, area.center_lat)))
    return Task(
        id=new.id,
        area_id=area.id,
        kind=kind.kind,
        title_zh=(new.title_zh or "").strip() or template.title_zh,
        title_en=(new.title_en or "").strip() or template.title_en,
        brief_zh=template.do_zh if new.brief_zh is None else new.brief_zh,
        brief_en=template.do_en if new.brief_en is None else new.brief_en,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        night=night,
        seats=kind.default_seats if new.seats is None else new.seats,
        points=points_for(kind, night) if new.points is None else new.points,
        place_name=new.place.name.strip() if new.place else (model.place_name if model else None),
        start_lon=start[0] if start else None,
        start_lat=start[1] if start else None,
        route=model.route if model else None,
        stops=_shifted(model.stops, new.starts_at - model.starts_at) if model else [],
        posted_by=actor.user_id,
        created_at=clock.now(),
        demo=area.demo,
    )


async def _route_model(actor: Actor, new: TaskNew) -> Task | None:
    """The task whose route the new one copies."""
    if new.route_of is None:
        return None
    model, _ = await visible_task(actor, new.route_of)
    return model


async def _form_errors(
    new: TaskNew, kind: TaskKind, area: areas.Area, model: Task | None
) -> list[FieldError]:
    district = await areas.district_of(area)
    errors = checking.window_errors(new.starts_at, new.ends_at)
    errors += checking.text_errors("title_zh", new.title_zh, checking.TITLE_ZH_MAX)
    errors += checking.text_errors("title_en", new.title_en, checking.TITLE_EN_MAX)
    errors += checking.text_errors("brief_zh", new.brief_zh, checking.BRIEF_MAX)
    errors += checking.text_errors("brief_en", new.brief_en, checking.BRIEF_MAX)
    errors += checking.number_errors("seats", new.seats, 1, checking.SEATS_MAX)
    errors += checking.number_errors("points", new.points, 0, checking.POINTS_MAX)
    if kind.template(new.template) is None:
        known = ", ".join(each.key for each in kind.templates)
        errors.append(FieldError("template", "unknown", f"Use one of {known}", new.template))
    if new.place is not None:
        errors += checking.place_errors(new.place, district)
    elif kind.needs_place:
        errors.append(FieldError("place", "missing", "Say where: a name, lon and lat"))
    if kind.at_homes:
        texts = {field: getattr(new, field) for field in PUBLIC_TEXTS}
        errors += checking.door_errors({**texts, "place.name": new.place.name if new.place else None})
    if kind.needs_route and (model is None or model.route is None):
        errors.append(
            FieldError(
                "route_of", "missing", "Choose a task whose route is to be walked", str(new.route_of or "")
            )
        )
    return errors


def _shifted(stops: list[dict[str, Any]], by: dt.timedelta) -> list[dict[str, Any]]:
    """The stops with their times moved."""
    return [
        {
            **stop,
            **{
                name: (dt.datetime.fromisoformat(stop[name]) + by).isoformat() for name in ("arrive", "leave")
            },
        }
        for stop in stops
    ]


@atomic
async def edit(actor: Actor, task_id: uuid.UUID, patch: TaskPatch) -> TaskOut:
    """Change a task that nobody has begun; people who hold a seat are told.

    Raises `StaleVersion` when someone else changed it since `patch.version`, `TaskState` when it is too late,
    `InvalidFields` with every wrong field.
    """
    _, area = await editable_task(actor, task_id)
    task = await locked_task(task_id)
    if task.version != patch.version:
        raise StaleVersion(version=task.version, yours=patch.version)
    if task.state not in EDITABLE:
        raise TaskState(move="edit", state=task.state, needed=list(EDITABLE))
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(patch).items()
        if name != "version" and value is not None and value != getattr(task, name)
    }
    _check_changes(task, changes)
    if not changes:
        return await task_out(task, actor)
    if "starts_at" in changes:
        changes["stops"] = _shifted(task.stops, changes["starts_at"] - task.starts_at)
    promised = task.points * task.seats
    task.update_from_dict({**changes, "version": task.version + 1})
    if task.state == "published" and {"points", "seats"} & set(changes):
        await keep_promise(task, area, before=promised)
    task.night = night_within(
        task.starts_at, task.ends_at, *(start_of(task) or (area.center_lon, area.center_lat))
    )
    await task.save()
    if {"starts_at", "ends_at"} & set(changes):
        kept_until = hold_until(task.starts_at, task.ends_at, clock.now())
        await Assignment.filter(task_id=task.id, state="held").update(hold_until=kept_until)
    await tell_seated(
        task, "task.changed", "任务有变动", "A task of yours changed",
        f"“{task.title_zh}”的安排改了，请再看一眼。", f"“{task.title_en or task.title_zh}” was changed; please look again.",
    )  # fmt: skip
    details = {"fields": sorted(name for name in changes if name != "stops")}
    await audit.record(actor, "task.edit", "task", task.id, area_id=task.area_id, details=details)
    return await task_out(task, actor)


def _check_changes(task: Task, changes: dict[str, Any]) -> None:
    errors: list[FieldError] = []
    if {"starts_at", "ends_at"} & set(changes):
        errors += checking.window_errors(
            changes.get("starts_at", task.starts_at), changes.get("ends_at", task.ends_at)
        )
    errors += checking.text_errors(
        "title_zh", changes.get("title_zh"), checking.TITLE_ZH_MAX, needed="title_zh" in changes
    )
    errors += checking.text_errors("title_en", changes.get("title_en"), checking.TITLE_EN_MAX)
    errors += checking.text_errors("brief_zh", changes.get("brief_zh"), checking.BRIEF_MAX)
    errors += checking.text_errors("brief_en", changes.get("brief_en"), checking.BRIEF_MAX)
    errors += checking.number_errors(
        "seats", changes.get("seats"), max(1, task.seats_taken), checking.SEATS_MAX
    )
    least = task.points if task.seats_taken else 0  # what people grabbed the task for is promised
    errors += checking.number_errors("points", changes.get("points"), least, checking.POINTS_MAX)
    if KINDS[task.kind].at_homes:
        errors += checking.door_errors({field: changes.get(field) for field in PUBLIC_TEXTS})
    if errors:
        raise InvalidFields(errors)
