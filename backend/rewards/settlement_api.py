"""HTTP of merchants' monthly statements."""

import uuid
from typing import Annotated

from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core.sessions import LexunRequest
from backend.rewards import service
from backend.rewards.schemas import (
    DisputeIn,
    FreezeIn,
    OpenMonth,
    PaidIn,
    ResolveIn,
    SettlementDetail,
    SettlementOut,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


@get("/merchant/settlements", operation_id="list_my_settlements", summary="The statements of one's shop")
async def list_my_settlements(
    request: LexunRequest, merchant_id: uuid.UUID | None = None
) -> list[SettlementOut]:
    return await service.my_settlements(request.user, merchant_id)


@get(
    "/merchant/settlements/open",
    operation_id="get_open_month",
    summary="What has come in since the last statement",
)
async def get_open_month(request: LexunRequest, merchant_id: uuid.UUID | None = None) -> OpenMonth:
    return await service.open_month(request.user, merchant_id)


@get("/settlements", operation_id="list_settlements", summary="The statements of an area's merchants")
async def list_settlements(
    request: LexunRequest,
    area_id: uuid.UUID,
    period: Annotated[str | None, QueryParameter(max_length=7)] = None,
) -> list[SettlementOut]:
    return await service.settlements_of_area(request.user, area_id, period)


@post(
    "/settlements/freeze",
    operation_id="freeze_settlements",
    summary="Freeze a month of an area's merchants",
    status_code=HTTP_200_OK,
)
async def freeze_settlements(request: LexunRequest, data: FreezeIn) -> list[SettlementOut]:
    return await service.freeze_period(request.user, data.area_id, data.period)


@get("/settlements/{settlement_id:uuid}", operation_id="get_settlement", summary="A statement with its lines")
async def get_settlement(request: LexunRequest, settlement_id: uuid.UUID) -> SettlementDetail:
    return await service.settlement_detail(request.user, settlement_id)


@post(
    "/settlements/{settlement_id:uuid}/confirm",
    operation_id="confirm_settlement",
    summary="Agree with a statement",
    status_code=HTTP_200_OK,
)
async def confirm_settlement(request: LexunRequest, settlement_id: uuid.UUID) -> SettlementDetail:
    return await service.confirm_settlement(request.user, settlement_id)


@post(
    "/settlements/{settlement_id:uuid}/dispute",
    operation_id="dispute_settlement",
    summary="Say which lines of a statement are wrong",
    status_code=HTTP_200_OK,
)
async def dispute_settlement(
    request: LexunRequest, settlement_id: uuid.UUID, data: DisputeIn
) -> SettlementDetail:
    return await service.dispute_settlement(request.user, settlement_id, data)


@post(
    "/settlements/{settlement_id:uuid}/lines/{line_id:uuid}/resolve",
    operation_id="resolve_settlement_line",
    summary="Answer a dispute about a line",
    status_code=HTTP_200_OK,
)
async def resolve_settlement_line(
    request: LexunRequest, settlement_id: uuid.UUID, line_id: uuid.UUID, data: ResolveIn
) -> SettlementDetail:
    return await service.resolve_line(request.user, settlement_id, line_id, data)


@post(
    "/settlements/{settlement_id:uuid}/paid",
    operation_id="pay_settlement",
    summary="Record that a statement was paid outside",
    status_code=HTTP_200_OK,
)
async def pay_settlement(request: LexunRequest, settlement_id: uuid.UUID, data: PaidIn) -> SettlementDetail:
    return await service.pay_settlement(request.user, settlement_id, data)


@get(
    "/settlements/{settlement_id:uuid}/export.xlsx",
    operation_id="export_settlement_xlsx",
    summary="A statement as a workbook",
    media_type=XLSX,
)
async def export_settlement_xlsx(request: LexunRequest, settlement_id: uuid.UUID) -> Response[bytes]:
    return _file(*await service.export_settlement(request.user, settlement_id, "xlsx"), XLSX)


@get(
    "/settlements/{settlement_id:uuid}/export.pdf",
    operation_id="export_settlement_pdf",
    summary="A statement as a PDF to print and sign",
    media_type=PDF,
)
async def export_settlement_pdf(request: LexunRequest, settlement_id: uuid.UUID) -> Response[bytes]:
    return _file(*await service.export_settlement(request.user, settlement_id, "pdf"), PDF)


def _file(name: str, data: bytes, media_type: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, media_type=media_type, headers=headers)


HANDLERS = [
    list_my_settlements,
    get_open_month,
    list_settlements,
    freeze_settlements,
    get_settlement,
    confirm_settlement,
    dispute_settlement,
    resolve_settlement_line,
    pay_settlement,
    export_settlement_xlsx,
    export_settlement_pdf,
]
