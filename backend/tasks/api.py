"""HTTP of tasks and assignments."""

import uuid
from typing import Annotated, Literal

from litestar import Router, get, patch, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core.problems import FieldError, InvalidFields
from backend.core.sessions import LexunRequest
from backend.tasks import service
from backend.tasks.schemas import (
    AssignmentList,
    AssignmentOut,
    CalledOff,
    Cancellation,
    Grab,
    KindOut,
    LonLat,
    Release,
    Scope,
    TaskList,
    TaskNew,
    TaskOut,
    TaskPatch,
    VersionSeen,
    WeatherStop,
)


def _near(lon: float | None, lat: float | None) -> LonLat | None:
    if (lon is None) != (lat is None):
        raise InvalidFields(
            [FieldError("lat" if lat is None else "lon", "missing", "Give lon and lat together")]
        )
    return (lon, lat) if lon is not None and lat is not None else None


@get("/task-kinds", operation_id="list_task_kinds", summary="Kinds of task and their templates")
async def list_task_kinds(request: LexunRequest) -> list[KindOut]:
    return service.kinds()


@get("/tasks", operation_id="list_tasks", summary="Tasks: open near me, mine, or the desk's")
async def list_tasks(
    request: LexunRequest,
    task_scope: Annotated[Scope, QueryParameter(name="scope")] = "open",
    area_id: uuid.UUID | None = None,
    lon: Annotated[float | None, QueryParameter(ge=-180, le=180)] = None,
    lat: Annotated[float | None, QueryParameter(ge=-90, le=90)] = None,
    kind: str | None = None,
    task_state: Annotated[str | None, QueryParameter(name="state")] = None,
    after: str | None = None,
) -> TaskList:
    return await service.listed(
        request.user,
        scope=task_scope,
        area_id=area_id,
        near=_near(lon, lat),
        kind=kind,
        state=task_state,
        after=after,
    )


@get("/tasks/{task_id:uuid}", operation_id="get_task", summary="One task")
async def get_task(
    request: LexunRequest,
    task_id: uuid.UUID,
    lon: Annotated[float | None, QueryParameter(ge=-180, le=180)] = None,
    lat: Annotated[float | None, QueryParameter(ge=-90, le=90)] = None,
) -> TaskOut:
    return await service.get(request.user, task_id, _near(lon, lat))


@post("/tasks", operation_id="post_task", summary="Post a task by hand")
async def post_task(request: LexunRequest, data: TaskNew) -> TaskOut:
    return await service.create(request.user, data)


@patch("/tasks/{task_id:uuid}", operation_id="edit_task", summary="Change a task that nobody has begun")
async def edit_task(request: LexunRequest, task_id: uuid.UUID, data: TaskPatch) -> TaskOut:
    return await service.edit(request.user, task_id, data)


@post(
    "/tasks/{task_id:uuid}/submit",
    operation_id="submit_task",
    summary="Ask for a review before publishing",
    status_code=HTTP_200_OK,
)
async def submit_task(request: LexunRequest, task_id: uuid.UUID) -> TaskOut:
    return await service.submit(request.user, task_id)


@post(
    "/tasks/{task_id:uuid}/publish",
    operation_id="publish_task",
    summary="Open a task to volunteers",
    status_code=HTTP_200_OK,
)
async def publish_task(request: LexunRequest, task_id: uuid.UUID, data: VersionSeen) -> TaskOut:
    return await service.publish(request.user, task_id, data.version)


@post(
    "/tasks/{task_id:uuid}/cancel",
    operation_id="cancel_task",
    summary="Call a task off",
    status_code=HTTP_200_OK,
)
async def cancel_task(request: LexunRequest, task_id: uuid.UUID, data: Cancellation) -> TaskOut:
    return await service.cancel(request.user, task_id, data.reason)


@post(
    "/areas/{area_id:uuid}/weather-stop",
    operation_id="stop_for_weather",
    summary="Call off everything outdoors that begins before a time, because of the weather",
    status_code=HTTP_200_OK,
)
async def stop_for_weather(request: LexunRequest, area_id: uuid.UUID, data: WeatherStop) -> CalledOff:
    return await service.call_off_outdoors(request.user, area_id, data.until)


@post("/tasks/{task_id:uuid}/grab", operation_id="grab_task", summary="Take a seat", status_code=HTTP_200_OK)
async def grab_task(request: LexunRequest, task_id: uuid.UUID, data: Grab) -> AssignmentOut:
    return await service.grab(request.user, task_id, data.id)


@post(
    "/assignments/{assignment_id:uuid}/release",
    operation_id="release_assignment",
    summary="Give a seat back",
    status_code=HTTP_200_OK,
)
async def release_assignment(request: LexunRequest, assignment_id: uuid.UUID, data: Release) -> AssignmentOut:
    return await service.release(request.user, assignment_id, data.reason)


@post(
    "/assignments/{assignment_id:uuid}/no-show",
    operation_id="note_no_show",
    summary="Note that somebody did not come",
    status_code=HTTP_200_OK,
)
async def note_no_show(request: LexunRequest, assignment_id: uuid.UUID) -> AssignmentOut:
    return await service.miss(request.user, assignment_id)


@get("/me/assignments", operation_id="list_my_assignments", summary="My seats, with their tasks")
async def list_my_assignments(
    request: LexunRequest,
    seat_state: Annotated[Literal["open", "past"], QueryParameter(name="state")] = "open",
    after: str | None = None,
) -> AssignmentList:
    return await service.my_assignments(request.user, seat_state, after)


router = Router(
    path="/",
    route_handlers=[
        list_task_kinds,
        list_tasks,
        get_task,
        post_task,
        edit_task,
        submit_task,
        publish_task,
        cancel_task,
        stop_for_weather,
        grab_task,
        release_assignment,
        note_no_show,
        list_my_assignments,
    ],
    tags=["tasks"],
)
