"""Consents: what a person allows, by the text of the day."""

import uuid

from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.people.models import Consent
from backend.people.refusals import PhotosNotAgreed

CONSENT_VERSIONS = {"whereabouts": 1, "photos": 1}
"""The current text of each consent; an answer to an older text no longer holds."""


@atomic
async def set_consent(user_id: uuid.UUID, kind: str, *, granted: bool, version: int) -> None:
    """Answer a consent question; only the current text can be agreed to."""
    if kind not in CONSENT_VERSIONS:
        raise NotFound(kind="consent", id=kind)
    if granted and version != CONSENT_VERSIONS[kind]:  # one may always say no
        raise InvalidFields(
            [
                FieldError(
                    "version",
                    "outdated",
                    f"The text is now version {CONSENT_VERSIONS[kind]}; read it again",
                    version,
                )
            ]
        )
    await Consent.create(
        id=uuid7(), user_id=user_id, kind=kind, version=version, granted=granted, at=clock.now()
    )


async def has_consent(user_id: uuid.UUID, kind: str) -> bool:
    """Whether the person's last answer is yes, and to the current text of `kind`."""
    return user_id in await consenting({user_id}, kind)


async def require_photo_consent(user_id: uuid.UUID) -> None:
    """Raise `PhotosNotAgreed` unless the person agreed to the use of photos, and to the current text."""
    if not await has_consent(user_id, "photos"):
        raise PhotosNotAgreed(kind="photos", version=CONSENT_VERSIONS["photos"])


async def consenting(user_ids: set[uuid.UUID], kind: str) -> set[uuid.UUID]:
    """Those of the people whose last answer is yes, and to the current text of `kind`."""
    answers = (
        await Consent.filter(user_id__in=list(user_ids), kind=kind).order_by("at", "id") if user_ids else []
    )
    last = {answer.user_id: answer for answer in answers}
    return {
        user_id
        for user_id, answer in last.items()
        if answer.granted and answer.version == CONSENT_VERSIONS[kind]
    }


async def consents_of(user_id: uuid.UUID) -> dict[str, bool]:
    return {kind: await has_consent(user_id, kind) for kind in CONSENT_VERSIONS}
