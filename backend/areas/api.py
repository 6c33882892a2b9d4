"""HTTP of areas."""

import uuid
from typing import Any

from litestar import Router, get

from backend.areas import service
from backend.areas.schemas import AreaOut
from backend.core.sessions import LexunRequest


@get("/", operation_id="list_areas", summary="The districts, streets and communities you have to do with")
async def list_areas(request: LexunRequest) -> list[AreaOut]:
    return await service.listed(request.user)


@get("/{area_id:uuid}/boundary", operation_id="get_area_boundary", summary="An area's boundary as GeoJSON")
async def get_area_boundary(request: LexunRequest, area_id: uuid.UUID) -> dict[str, Any]:
    area = await service.visible(request.user, area_id)
    return {
        "type": "Feature",
        "id": str(area.id),
        "geometry": area.geometry,
        "properties": {"name_zh": area.name_zh, "name_en": area.name_en, "kind": area.kind},
    }


router = Router(path="/areas", route_handlers=[list_areas, get_area_boundary], tags=["areas"])
