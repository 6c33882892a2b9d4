"""Use cases of other systems, as this feature's HTTP and the other features know them."""

import uuid

from backend.areas import service as areas
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.integrations.keys import KeyRefused, Machine, create_key, key_out, machine_for, revoke_key
from backend.integrations.models import IntegrationKey, Webhook
from backend.integrations.schemas import Integrations
from backend.integrations.webhooks import (
    create_webhook,
    deliver,
    deliveries,
    emit,
    forget_old,
    known_events,
    remove_webhook,
    resume_webhook,
    test_webhook,
    webhook_out,
)

__all__ = [
    "KeyRefused",
    "Machine",
    "create_key",
    "create_webhook",
    "deliver",
    "deliveries",
    "emit",
    "forget_old",
    "machine_for",
    "overview",
    "remove_webhook",
    "resume_webhook",
    "revoke_key",
    "test_webhook",
]


async def overview(actor: Actor, area_id: uuid.UUID) -> Integrations:
    """The keys and webhooks of an area, for its administrator."""
    area = await areas.visible(actor, area_id)
    actor.require(Role.ADMIN, area.path)
    keys = await IntegrationKey.filter(area_id=area.id, revoked_at__isnull=True).order_by("id")
    webhooks = await Webhook.filter(area_id=area.id).exclude(state="removed").order_by("id")
    return Integrations(
        keys=[key_out(key) for key in keys],
        webhooks=[await webhook_out(webhook) for webhook in webhooks],
        events=list(known_events()),
    )
