"""HTTP of the rules: what earns what, new versions of it, and thanks for deeds apart from a patrol."""

import uuid
from typing import Annotated

from litestar import get, post
from litestar.params import PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK

from backend.core import throttle
from backend.core.sessions import LexunRequest
from backend.rewards import service
from backend.rewards.schemas import (
    DeedIn,
    DeedOut,
    DeedPerson,
    RulesDraft,
    RulesInWords,
    RulesOut,
    RulesPreview,
    RulesTry,
    RuleVersion,
)

FIND_LIMIT = throttle.Limit("people_to_thank", tries=120, window_s=600)
"""Names are looked up while they are typed; nobody writes down a whole district this way."""


@get("/points-rules", operation_id="get_points_rules", summary="What earns what, in words")
async def get_points_rules(request: LexunRequest, area_id: uuid.UUID) -> RulesInWords:
    return await service.rules_for_volunteers(request.user, area_id)


@get("/rewards/rules", operation_id="list_rules", summary="Every version of a district's rules")
async def list_rules(request: LexunRequest, area_id: uuid.UUID) -> RulesOut:
    return await service.rules_of_district(request.user, area_id)


@post("/rewards/rules", operation_id="draft_rules", summary="Write down a new version of the rules")
async def draft_rules(request: LexunRequest, data: RulesDraft) -> RuleVersion:
    return await service.draft_rules(request.user, data)


@post(
    "/rewards/rules/preview",
    operation_id="preview_rules",
    summary="What last month would have earned with other figures",
    status_code=HTTP_200_OK,
)
async def preview_rules(request: LexunRequest, data: RulesTry) -> RulesPreview:
    return await service.preview_rules(request.user, data)


@post(
    "/rewards/rules/{version:int}/switch-on",
    operation_id="switch_rules_on",
    summary="Let a version of the rules hold from now on",
    status_code=HTTP_200_OK,
)
async def switch_rules_on(
    request: LexunRequest, version: Annotated[int, PathParameter(ge=1, le=1_000_000)], area_id: uuid.UUID
) -> RuleVersion:
    return await service.switch_rules_on(request.user, area_id, version)


@post(
    "/rewards/deeds",
    operation_id="credit_deed",
    summary="Thank people for a handled matter, a mediation or a talk",
    status_code=HTTP_200_OK,
)
async def credit_deed(request: LexunRequest, data: DeedIn) -> DeedOut:
    return await service.credit_deed(request.user, data)


@get(
    "/rewards/deeds",
    operation_id="list_deeds",
    summary="What was thanked for lately apart from patrols, and what each person was given",
)
async def list_deeds(request: LexunRequest, area_id: uuid.UUID) -> list[DeedOut]:
    return await service.deeds_of(request.user, area_id)


@get(
    "/rewards/deeds/people",
    operation_id="find_people_to_thank",
    summary="People of the district to thank, by name or the last digits of their phone",
    guards=[throttle.limited(FIND_LIMIT)],
)
async def find_people_to_thank(
    request: LexunRequest,
    area_id: uuid.UUID,
    q: Annotated[str, QueryParameter(min_length=2, max_length=40, description="Two characters at least")],
) -> list[DeedPerson]:
    return await service.people_to_thank(request.user, area_id, q)


HANDLERS = [
    get_points_rules,
    list_rules,
    draft_rules,
    preview_rules,
    switch_rules_on,
    credit_deed,
    list_deeds,
    find_people_to_thank,
]
