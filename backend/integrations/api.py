"""HTTP of keys and webhooks, for administrators."""

import uuid

from litestar import Router, delete, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from backend.core.sessions import LexunRequest
from backend.core.throttle import Limit, limited
from backend.integrations import service
from backend.integrations.schemas import DeliveryOut, Integrations, KeyIn, KeyOut, WebhookIn, WebhookOut

TESTS = Limit("webhook_tests", tries=10, window_s=60)


@get("/integrations", operation_id="list_integrations", summary="An area's keys and webhooks")
async def list_integrations(request: LexunRequest, area_id: uuid.UUID) -> Integrations:
    return await service.overview(request.user, area_id)


@post(
    "/integrations/keys", operation_id="create_integration_key", summary="Make a key; it is shown this once"
)
async def create_integration_key(request: LexunRequest, data: KeyIn) -> KeyOut:
    return await service.create_key(request.user, data)


@delete("/integrations/keys/{key_id:uuid}", operation_id="end_integration_key", summary="End a key at once")
async def end_integration_key(request: LexunRequest, key_id: uuid.UUID) -> None:
    await service.revoke_key(request.user, key_id)


@post(
    "/integrations/webhooks",
    operation_id="create_webhook",
    summary="Add a webhook; its secret is shown this once",
)
async def create_webhook(request: LexunRequest, data: WebhookIn) -> WebhookOut:
    return await service.create_webhook(request.user, data)


@delete("/integrations/webhooks/{webhook_id:uuid}", operation_id="remove_webhook", summary="Remove a webhook")
async def remove_webhook(request: LexunRequest, webhook_id: uuid.UUID) -> None:
    await service.remove_webhook(request.user, webhook_id)


@post(
    "/integrations/webhooks/{webhook_id:uuid}/resume",
    operation_id="resume_webhook",
    summary="Start a webhook again that had been given up",
    status_code=HTTP_200_OK,
)
async def resume_webhook(request: LexunRequest, webhook_id: uuid.UUID) -> WebhookOut:
    return await service.resume_webhook(request.user, webhook_id)


@post(
    "/integrations/webhooks/{webhook_id:uuid}/test",
    operation_id="test_webhook",
    summary="Send a test event",
    status_code=HTTP_202_ACCEPTED,
    guards=[limited(TESTS)],
)
async def test_webhook(request: LexunRequest, webhook_id: uuid.UUID) -> DeliveryOut:
    return await service.test_webhook(request.user, webhook_id)


@get(
    "/integrations/webhooks/{webhook_id:uuid}/deliveries",
    operation_id="list_webhook_deliveries",
    summary="What was sent to a webhook lately",
)
async def list_webhook_deliveries(request: LexunRequest, webhook_id: uuid.UUID) -> list[DeliveryOut]:
    return await service.deliveries(request.user, webhook_id)


router = Router(
    path="/",
    route_handlers=[
        list_integrations,
        create_integration_key,
        end_integration_key,
        create_webhook,
        remove_webhook,
        resume_webhook,
        test_webhook,
        list_webhook_deliveries,
    ],
    tags=["integrations"],
)
