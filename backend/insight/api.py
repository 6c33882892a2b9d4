"""HTTP of insight."""

import uuid

from litestar import Router, get

from backend.core.sessions import LexunRequest
from backend.insight import service
from backend.insight.schemas import DeskOut


@get("/desk", operation_id="get_desk", summary="Tonight in figures, and what waits for a decision")
async def get_desk(request: LexunRequest, area_id: uuid.UUID) -> DeskOut:
    return await service.desk(request.user, area_id)


router = Router(path="/", route_handlers=[get_desk], tags=["insight"])
