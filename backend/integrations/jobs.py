"""Background work of webhooks."""

import uuid
from typing import Any

from backend.core.jobs import every, handler
from backend.integrations import service
from backend.integrations.webhooks import DELIVER_JOB


@handler(DELIVER_JOB)
async def deliver(payload: dict[str, Any]) -> None:
    """Try one delivery; it plans its own next try."""
    await service.deliver(uuid.UUID(payload["delivery_id"]))


@every(86_400, "integrations.forget_old")
async def forget_old(_payload: dict[str, Any]) -> None:
    """Shorten the log of deliveries."""
    await service.forget_old()
