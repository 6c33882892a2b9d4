"""Positions are kept of nobody who has not agreed to it."""

import uuid

from backend.patrols.refusals import ConsentRequired
from backend.people import service as people


async def require_consent(user_id: uuid.UUID) -> None:
    """Raise `ConsentRequired` unless the person agreed that positions are kept, and to the current text."""
    if not await people.has_consent(user_id, "whereabouts"):
        raise ConsentRequired(kind="whereabouts", version=people.CONSENT_VERSIONS["whereabouts"])
