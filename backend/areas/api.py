"""HTTP of areas: the tree, boundaries, places by name, how far one comes, and maps being brought in."""

import uuid
from typing import Annotated, Any

from litestar import Router, get, patch, post, put
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.areas import directing, importing, places, reaching, service
from backend.areas.schemas import (
    STREETS_BYTES_MAX,
    AreaOut,
    AreaSettings,
    AreaSettingsPatch,
    Directions,
    DirectionsAsk,
    MapImportNew,
    MapImportOut,
    NamedPlaceOut,
    Reach,
    ReachAsk,
)
from backend.core import throttle
from backend.core.sessions import LexunRequest

IMPORT_LIMIT = throttle.Limit("map_imports", tries=30, window_s=3600)
DIRECTIONS_LIMIT = throttle.Limit("directions", tries=120, window_s=600)
PLACES_MAX = 50


@get(
    "/areas", operation_id="list_areas", summary="The districts, streets and communities you have to do with"
)
async def list_areas(request: LexunRequest) -> list[AreaOut]:
    return await service.listed(request.user)


@get(
    "/areas/{area_id:uuid}/boundary",
    operation_id="get_area_boundary",
    summary="An area's boundary as GeoJSON",
)
async def get_area_boundary(request: LexunRequest, area_id: uuid.UUID) -> dict[str, Any]:
    area = await service.visible(request.user, area_id)
    return {
        "type": "Feature",
        "id": str(area.id),
        "geometry": area.geometry,
        "properties": {"name_zh": area.name_zh, "name_en": area.name_en, "kind": area.kind},
    }


@get("/places", operation_id="list_places", summary="Places of an area by the beginning of their name")
async def list_places(
    request: LexunRequest,
    area_id: uuid.UUID,
    q: Annotated[str, QueryParameter(max_length=60)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PLACES_MAX)] = 12,
) -> list[NamedPlaceOut]:
    return await places.found(request.user, area_id, q, limit)


@post(
    "/directions",
    operation_id="ask_directions",
    summary="How to walk through some places, step by step",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(DIRECTIONS_LIMIT)],
)
async def ask_directions(request: LexunRequest, data: DirectionsAsk) -> Directions:
    return await directing.directions(request.user, data)


@post(
    "/reach",
    operation_id="ask_reach",
    summary="From where one comes to a place within some minutes",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(DIRECTIONS_LIMIT)],
)
async def ask_reach(request: LexunRequest, data: ReachAsk) -> Reach:
    return await reaching.reach(request.user, data)


@get("/map-imports", operation_id="list_map_imports", summary="The latest maps brought into your areas")
async def list_map_imports(request: LexunRequest) -> list[MapImportOut]:
    return await importing.listed(request.user)


@get("/map-imports/{import_id:uuid}", operation_id="get_map_import", summary="How far a map is")
async def get_map_import(request: LexunRequest, import_id: uuid.UUID) -> MapImportOut:
    return await importing.get(request.user, import_id)


@post(
    "/map-imports",
    operation_id="begin_map_import",
    summary="Announce a street file (.osm.pbf) for an area; its parts follow",
    guards=[throttle.limited(IMPORT_LIMIT)],
)
async def begin_map_import(request: LexunRequest, data: MapImportNew) -> MapImportOut:
    return await importing.begin(request.user, data)


@put(
    "/map-imports/{import_id:uuid}/parts",
    operation_id="send_map_import_part",
    summary="The file's bytes from `offset` on, at most 8 MB; the last part starts the building",
    status_code=HTTP_200_OK,
)
async def send_map_import_part(
    request: LexunRequest,
    import_id: uuid.UUID,
    offset: Annotated[int, QueryParameter(ge=0, le=STREETS_BYTES_MAX)],
) -> MapImportOut:
    return await importing.receive(request.user, import_id, offset, await request.body())


@get(
    "/areas/{area_id:uuid}/settings",
    operation_id="get_area_settings",
    summary="What is decided about an area",
)
async def get_area_settings(request: LexunRequest, area_id: uuid.UUID) -> AreaSettings:
    return await service.settings(request.user, area_id)


@patch(
    "/areas/{area_id:uuid}/settings",
    operation_id="change_area_settings",
    summary="Change what is decided about an area",
)
async def change_area_settings(
    request: LexunRequest, area_id: uuid.UUID, data: AreaSettingsPatch
) -> AreaSettings:
    return await service.change_settings(request.user, area_id, data)


router = Router(
    path="/",
    route_handlers=[
        list_areas, get_area_boundary, list_places, ask_directions, ask_reach, list_map_imports, get_map_import, begin_map_import, send_map_import_part,
        get_area_settings, change_area_settings,
    ],
    tags=["areas"],
)  # fmt: skip
