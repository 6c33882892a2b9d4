"""HTTP of incidents: importing a file of them, and the harm table."""

import uuid
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, Router, get, post, put
from litestar.status_codes import HTTP_200_OK

from backend.core.problems import FieldError, InvalidFields
from backend.core.sessions import LexunRequest
from backend.core.throttle import Limit, limited
from backend.incidents import harm, importing, posting, samples
from backend.incidents.schemas import (
    CheckIn,
    ColumnsIn,
    ConfirmIn,
    ImportList,
    ImportOut,
    IncidentKindOut,
    IncidentNew,
    IncidentPosted,
    KindChange,
    KindTable,
    TableFormat,
)

UPLOADS = Limit("incident-imports", tries=20, window_s=600)
POSTS = Limit("incident-posts", tries=60, window_s=600)
MEDIA_TYPES: dict[TableFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def _leave_body(request: Request[Any, Any, Any]) -> None:
    """Refuse U+0000 in the query, as everywhere; the body is a file and is not held in memory to look into it."""
    if any("\0" in name + str(value) for name, value in request.query_params.multi_items()):
        raise InvalidFields([FieldError("file_name", "invalid", "Leave out the character U+0000")])


@post(
    "/imports",
    operation_id="give_incident_file",
    summary="Give a file of incidents: the body is the CSV, xlsx or GeoJSON file, at most 64 MB",
    guards=[limited(UPLOADS)],
    before_request=_leave_body,
    request_max_body_size=None,
)
async def give_incident_file(
    request: LexunRequest, import_id: uuid.UUID, area_id: uuid.UUID, file_name: str
) -> ImportOut:
    return await importing.receive(request.user, import_id, area_id, file_name, request.stream())


@post(
    "/",
    operation_id="post_incident",
    summary="Tell of one incident that just happened; plans nearby are thought over when it is serious",
    guards=[limited(POSTS)],
)
async def post_incident(request: LexunRequest, data: IncidentNew) -> IncidentPosted:
    return await posting.post(request.user, data)


@get("/imports", operation_id="list_incident_imports", summary="An area's imports, the latest first")
async def list_incident_imports(
    request: LexunRequest, area_id: uuid.UUID, before: uuid.UUID | None = None
) -> ImportList:
    return await importing.listed(request.user, area_id, before)


@get(
    "/imports/{import_id:uuid}",
    operation_id="get_incident_import",
    summary="An import: how far it is, its columns, and what the dry run found",
)
async def get_incident_import(request: LexunRequest, import_id: uuid.UUID) -> ImportOut:
    return await importing.get(request.user, import_id)


@put(
    "/imports/{import_id:uuid}/columns",
    operation_id="name_incident_columns",
    summary="Name columns by hand and have the file looked at again",
)
async def name_incident_columns(request: LexunRequest, import_id: uuid.UUID, data: ColumnsIn) -> ImportOut:
    return await importing.look_again(request.user, import_id, data.columns)


@post(
    "/imports/{import_id:uuid}/check",
    operation_id="check_incident_import",
    summary="Try the file as declared to be in a datum; nothing is imported",
    status_code=HTTP_200_OK,
)
async def check_incident_import(request: LexunRequest, import_id: uuid.UUID, data: CheckIn) -> ImportOut:
    return await importing.check(request.user, import_id, data.datum)


@post(
    "/imports/{import_id:uuid}/confirm",
    operation_id="confirm_incident_import",
    summary="Import the good rows",
    status_code=HTTP_200_OK,
)
async def confirm_incident_import(request: LexunRequest, import_id: uuid.UUID, data: ConfirmIn) -> ImportOut:
    return await importing.confirm(request.user, import_id, data.run)


@post(
    "/imports/{import_id:uuid}/discard",
    operation_id="discard_incident_import",
    summary="Drop an import that was not confirmed, and delete its file",
    status_code=HTTP_200_OK,
)
async def discard_incident_import(request: LexunRequest, import_id: uuid.UUID) -> ImportOut:
    return await importing.discard(request.user, import_id)


@get(
    "/imports/{import_id:uuid}/refused",
    operation_id="get_refused_incidents",
    summary="The rows that cannot be imported, each with its reason",
    media_type="application/octet-stream",
)
async def get_refused_incidents(
    request: LexunRequest, import_id: uuid.UUID, kind: TableFormat = "csv"
) -> Response[bytes]:
    name, data = await importing.refused(request.user, import_id, kind)
    return _file(name, kind, data)


@get(
    "/template",
    operation_id="get_incident_template",
    summary="An empty table with the columns of an import, and what to write in them",
    media_type="application/octet-stream",
)
async def get_incident_template(request: LexunRequest, kind: TableFormat = "xlsx") -> Response[bytes]:
    return _file(f"lexun-incidents.{kind}", kind, samples.template(request.user, kind))


@get(
    "/sample",
    operation_id="get_incident_sample",
    summary="A made-up export with mistakes in it, to try the import in a demo district",
    media_type="application/octet-stream",
)
async def get_incident_sample(request: LexunRequest, area_id: uuid.UUID) -> Response[bytes]:
    return _file("demo-incidents.csv", "csv", await samples.made_up_export(request.user, area_id))


@get("/kinds", operation_id="list_incident_kinds", summary="The harm table of an area's district")
async def list_incident_kinds(request: LexunRequest, area_id: uuid.UUID) -> KindTable:
    return await harm.table(request.user, area_id)


@put("/kinds", operation_id="change_incident_kind", summary="Decide about a kind of incident")
async def change_incident_kind(request: LexunRequest, data: KindChange) -> IncidentKindOut:
    return await harm.change(request.user, data)


def _file(name: str, kind: TableFormat, data: bytes) -> Response[bytes]:
    """A file to be kept under `name`."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    return Response(data, media_type=MEDIA_TYPES[kind], headers=headers)


router = Router(
    path="/incidents",
    route_handlers=[
        post_incident,
        give_incident_file,
        list_incident_imports,
        get_incident_import,
        name_incident_columns,
        check_incident_import,
        confirm_incident_import,
        discard_incident_import,
        get_refused_incidents,
        get_incident_template,
        get_incident_sample,
        list_incident_kinds,
        change_incident_kind,
    ],
    tags=["incidents"],
)
