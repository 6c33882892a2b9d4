"""HTTP of merchants: joining, branches and staff, and what the area's administrators decide."""

import uuid
from typing import Annotated, Literal

from litestar import delete, get, patch, post
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from backend.areas.schemas import AreaOut
from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.rewards import service
from backend.rewards.schemas import (
    ApplicationOut,
    BranchChange,
    BranchIn,
    BranchOut,
    MerchantAdminOut,
    MerchantApply,
    MerchantChange,
    MyMerchant,
    NewStaff,
    Refunded,
    StaffIn,
    StaffOut,
    WhyIn,
)

APPLY_LIMIT = throttle.Limit("merchant_apply", tries=10, window_s=3600)
type MerchantState = Literal["applied", "refused", "open", "suspended", "closed"]


@get(
    "/merchants/areas",
    operation_id="list_areas_to_join",
    summary="Where shops can join, for those who have no login yet",
    opt={"public": True},
)
async def list_areas_to_join() -> list[AreaOut]:
    return await service.places_to_join()


@post(
    "/merchants/apply",
    operation_id="apply_as_merchant",
    summary="Ask to join as a merchant; with `account` also for those who have no login yet",
    status_code=HTTP_200_OK,
    opt={"public": True},
    guards=[throttle.limited(APPLY_LIMIT)],
)
async def apply_as_merchant(request: LexunRequest, data: MerchantApply) -> ApplicationOut:
    return await service.apply(request.user, data)


@get(
    "/me/merchants", operation_id="list_my_merchants", summary="The shops one works for or asked to join with"
)
async def list_my_merchants(request: LexunRequest) -> list[MyMerchant]:
    return await service.my_merchants(request.user)


@get("/merchants", operation_id="list_merchants", summary="An area's merchants, for its administrators")
async def list_merchants(
    request: LexunRequest,
    area_id: uuid.UUID,
    merchant_state: Annotated[MerchantState | None, QueryParameter(name="state")] = None,
) -> list[MerchantAdminOut]:
    return await service.listed(request.user, area_id, merchant_state)


@post(
    "/merchants/{merchant_id:uuid}/approve",
    operation_id="approve_merchant",
    summary="Let a shop join",
    status_code=HTTP_200_OK,
)
async def approve_merchant(request: LexunRequest, merchant_id: uuid.UUID) -> MerchantAdminOut:
    return await service.approve(request.user, merchant_id)


@post(
    "/merchants/{merchant_id:uuid}/refuse",
    operation_id="refuse_merchant",
    summary="Say no to a shop that asks to join",
    status_code=HTTP_200_OK,
)
async def refuse_merchant(request: LexunRequest, merchant_id: uuid.UUID, data: WhyIn) -> MerchantAdminOut:
    return await service.refuse(request.user, merchant_id, data.reason)


@post(
    "/merchants/{merchant_id:uuid}/suspend",
    operation_id="suspend_merchant",
    summary="Take a shop out of the window for a while",
    status_code=HTTP_200_OK,
)
async def suspend_merchant(request: LexunRequest, merchant_id: uuid.UUID, data: WhyIn) -> MerchantAdminOut:
    return await service.suspend(request.user, merchant_id, data.reason)


@post(
    "/merchants/{merchant_id:uuid}/reopen",
    operation_id="reopen_merchant",
    summary="Let a suspended shop go on",
    status_code=HTTP_200_OK,
)
async def reopen_merchant(request: LexunRequest, merchant_id: uuid.UUID) -> MerchantAdminOut:
    return await service.reopen(request.user, merchant_id)


@post(
    "/merchants/{merchant_id:uuid}/close",
    operation_id="close_merchant",
    summary="Close a shop for good and refund its unused vouchers",
    status_code=HTTP_200_OK,
)
async def close_merchant(request: LexunRequest, merchant_id: uuid.UUID, data: WhyIn) -> Refunded:
    return await service.close_as_admin(request.user, merchant_id, data.reason)


@patch("/merchant", operation_id="change_my_merchant", summary="Change what the window says of one's shop")
async def change_my_merchant(
    request: LexunRequest, data: MerchantChange, merchant_id: uuid.UUID | None = None
) -> MerchantAdminOut:
    return await service.change_merchant(request.user, data, merchant_id)


@post(
    "/merchant/close",
    operation_id="close_my_merchant",
    summary="Close one's shop for good and refund its unused vouchers",
    status_code=HTTP_200_OK,
)
async def close_my_merchant(
    request: LexunRequest, data: WhyIn, merchant_id: uuid.UUID | None = None
) -> Refunded:
    return await service.close_as_owner(request.user, merchant_id, data.reason)


@post("/merchant/branches", operation_id="add_branch", summary="Add a branch", status_code=HTTP_200_OK)
async def add_branch(
    request: LexunRequest, data: BranchIn, merchant_id: uuid.UUID | None = None
) -> BranchOut:
    return await service.add_branch(request.user, data, merchant_id)


@patch(
    "/merchant/branches/{branch_id:uuid}", operation_id="change_branch", summary="Change or close a branch"
)
async def change_branch(
    request: LexunRequest, branch_id: uuid.UUID, data: BranchChange, merchant_id: uuid.UUID | None = None
) -> BranchOut:
    return await service.change_branch(request.user, branch_id, data, merchant_id)


@get("/merchant/staff", operation_id="list_staff", summary="Who works for one's shop")
async def list_staff(request: LexunRequest, merchant_id: uuid.UUID | None = None) -> list[StaffOut]:
    return await service.staff(request.user, merchant_id)


@post(
    "/merchant/staff",
    operation_id="add_staff",
    summary="Give somebody a login for the till",
    status_code=HTTP_200_OK,
)
async def add_staff(request: LexunRequest, data: StaffIn, merchant_id: uuid.UUID | None = None) -> NewStaff:
    return await service.add_staff(request.user, data, merchant_id)


@delete(
    "/merchant/staff/{post_id:uuid}",
    operation_id="remove_staff",
    summary="End somebody's work at the till",
    status_code=HTTP_204_NO_CONTENT,
)
async def remove_staff(
    request: LexunRequest, post_id: uuid.UUID, merchant_id: uuid.UUID | None = None
) -> None:
    await service.remove_staff(request.user, post_id, merchant_id)


HANDLERS = [
    list_areas_to_join,
    apply_as_merchant,
    list_my_merchants,
    list_merchants,
    approve_merchant,
    refuse_merchant,
    suspend_merchant,
    reopen_merchant,
    close_merchant,
    change_my_merchant,
    close_my_merchant,
    add_branch,
    change_branch,
    list_staff,
    add_staff,
    remove_staff,
]
