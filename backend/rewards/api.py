"""HTTP of points, offers, vouchers and the till."""

import uuid
from typing import Annotated

from litestar import Response, Router, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.queries import BeforeQuery, LatitudeQuery, LongitudeQuery
from backend.core.sessions import LexunRequest
from backend.rewards import merchant_api, oversight_api, rules_api, service, settlement_api
from backend.rewards.schemas import (
    LedgerHealth,
    MerchantHome,
    OfferIn,
    OfferList,
    OfferOut,
    OfferPatch,
    PointsOut,
    Purchase,
    RedeemedOut,
    Redemption,
    UndoIn,
    VoucherOut,
)

AUDIT_LIMIT = throttle.Limit("ledger_audit", tries=6, window_s=600)
REDEEM_LIMIT = throttle.Limit("redeem", tries=60, window_s=600)

IMAGE_HEADERS = {
    "Cache-Control": "private, max-age=604800",  # another picture has another address
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
}


def _key(state: State) -> bytes:
    return state.settings.secret_key.encode()


@get("/me/points", operation_id="get_my_points", summary="One's points and where they came from")
async def get_my_points(request: LexunRequest, before: BeforeQuery = None) -> PointsOut:
    return await service.my_points(request.user, before)


@get("/offers", operation_id="list_offers", summary="What can be had for points nearby")
async def list_offers(
    request: LexunRequest,
    area_id: uuid.UUID,
    lon: LongitudeQuery = None,
    lat: LatitudeQuery = None,
    sort: service.Sort | None = None,
    kind: Annotated[str | None, QueryParameter(max_length=30)] = None,
    affordable: bool = False,
) -> OfferList:
    return await service.offers(request.user, area_id, lon, lat, sort=sort, kind=kind, affordable=affordable)


@get(
    "/offers/{offer_id:uuid}", operation_id="get_offer", summary="What one can have for points, and its terms"
)
async def get_offer(
    request: LexunRequest, offer_id: uuid.UUID, lon: LongitudeQuery = None, lat: LatitudeQuery = None
) -> OfferOut:
    return await service.one_offer(request.user, offer_id, lon, lat)


@get(
    "/offers/{offer_id:uuid}/image",
    operation_id="get_offer_image",
    summary="An offer's picture, as WebP",
    media_type="image/webp",
)
async def get_offer_image(request: LexunRequest, offer_id: uuid.UUID) -> Response[bytes]:
    picture = await service.offer_image(request.user, offer_id)
    return Response(picture, media_type="image/webp", headers=IMAGE_HEADERS)


@post(
    "/offers/{offer_id:uuid}/buy",
    operation_id="buy_offer",
    summary="Buy a voucher with points",
    status_code=HTTP_200_OK,
)
async def buy_offer(request: LexunRequest, offer_id: uuid.UUID, data: Purchase, state: State) -> VoucherOut:
    return await service.buy(request.user, offer_id, data.id, _key(state))


@get("/me/vouchers", operation_id="list_my_vouchers", summary="One's vouchers")
async def list_my_vouchers(request: LexunRequest, state: State) -> list[VoucherOut]:
    return await service.my_vouchers(request.user, _key(state))


@get(
    "/vouchers/{voucher_id:uuid}",
    operation_id="get_voucher",
    summary="One of one's vouchers, with the QR token of this minute",
)
async def get_voucher(request: LexunRequest, voucher_id: uuid.UUID, state: State) -> VoucherOut:
    return await service.my_voucher(request.user, voucher_id, _key(state))


@get("/merchant", operation_id="get_merchant_home", summary="One's shop: offers, today, lately")
async def get_merchant_home(request: LexunRequest, merchant_id: uuid.UUID | None = None) -> MerchantHome:
    return await service.merchant_home(request.user, merchant_id)


@post(
    "/merchant/redeem",
    operation_id="redeem_voucher",
    summary="Redeem a voucher, scanned or typed",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(REDEEM_LIMIT)],
)
async def redeem_voucher(request: LexunRequest, data: Redemption, state: State) -> RedeemedOut:
    return await service.redeem(request.user, data, _key(state))


@post(
    "/merchant/redemptions/{redemption_id:uuid}/undo",
    operation_id="undo_redemption",
    summary="Take a redemption back within five minutes",
    status_code=HTTP_200_OK,
)
async def undo_redemption(request: LexunRequest, redemption_id: uuid.UUID, data: UndoIn) -> RedeemedOut:
    return await service.undo(request.user, redemption_id, data.reason, data.merchant_id)


@post("/merchant/offers", operation_id="add_offer", summary="Put an offer in the window")
async def add_offer(request: LexunRequest, data: OfferIn, merchant_id: uuid.UUID | None = None) -> OfferOut:
    return await service.add_offer(request.user, data, merchant_id)


@patch("/merchant/offers/{offer_id:uuid}", operation_id="change_offer", summary="Change an offer")
async def change_offer(
    request: LexunRequest, offer_id: uuid.UUID, data: OfferPatch, merchant_id: uuid.UUID | None = None
) -> OfferOut:
    return await service.change_offer(request.user, offer_id, data, merchant_id)


@put(
    "/merchant/offers/{offer_id:uuid}/image",
    operation_id="set_offer_image",
    summary="Give an offer its picture: the body is the JPEG, PNG or WebP file",
)
async def set_offer_image(
    request: LexunRequest, offer_id: uuid.UUID, merchant_id: uuid.UUID | None = None
) -> OfferOut:
    return await service.set_offer_image(request.user, offer_id, await request.body(), merchant_id)


@delete(
    "/merchant/offers/{offer_id:uuid}/image",
    operation_id="remove_offer_image",
    summary="Take an offer's picture away",
    status_code=HTTP_200_OK,
)
async def remove_offer_image(
    request: LexunRequest, offer_id: uuid.UUID, merchant_id: uuid.UUID | None = None
) -> OfferOut:
    return await service.set_offer_image(request.user, offer_id, None, merchant_id)


@get("/ledger", operation_id="get_ledger_health", summary="What the latest audit of the points ledger found")
async def get_ledger_health(request: LexunRequest, area_id: uuid.UUID) -> LedgerHealth:
    return await service.ledger_health(request.user, area_id)


@post(
    "/ledger/audit",
    operation_id="audit_ledger",
    summary="Audit the points ledger now",
    status_code=HTTP_200_OK,
    guards=[throttle.limited(AUDIT_LIMIT)],
)
async def audit_ledger(request: LexunRequest, area_id: uuid.UUID) -> LedgerHealth:
    return await service.audit_now(request.user, area_id)


router = Router(
    path="/",
    route_handlers=[
        get_my_points,
        list_offers,
        get_offer,
        get_offer_image,
        buy_offer,
        list_my_vouchers,
        get_voucher,
        get_merchant_home,
        redeem_voucher,
        undo_redemption,
        add_offer,
        change_offer,
        set_offer_image,
        remove_offer_image,
        get_ledger_health,
        audit_ledger,
        *merchant_api.HANDLERS,
        *oversight_api.HANDLERS,
        *rules_api.HANDLERS,
        *settlement_api.HANDLERS,
    ],
    tags=["rewards"],
)
