"""Use cases of alerts, as its HTTP and the other features know them; each lives in the module of its step."""

from backend.alerts.drafting import change_draft, create_draft, remove_photo, send_back, set_photo, submit
from backend.alerts.emergency import review, review_due, send_alone
from backend.alerts.escalating import escalate_due, text_one
from backend.alerts.feed import document as cap_document
from backend.alerts.feed import feed as cap_feed
from backend.alerts.proposals import dismiss as dismiss_proposal
from backend.alerts.proposals import forget_old as forget_old_proposals
from backend.alerts.proposals import listed as listed_proposals
from backend.alerts.proposals import receive as receive_proposal
from backend.alerts.publishing import (
    add_update,
    approve,
    close,
    expire_due,
    live_count,
    note_pushed,
    preview_audience,
    purge_due,
    stand_down,
    submitted_count,
)
from backend.alerts.receiving import deliveries, listed, live_for, note_receipt, photo_for, photo_views, read
from backend.alerts.responding import merge as merge_sighting
from backend.alerts.responding import take_step
from backend.alerts.sightings import forget_old_photos
from backend.alerts.sightings import listed as listed_sightings
from backend.alerts.sightings import mine as my_sightings
from backend.alerts.sightings import photo_for as sighting_photo_for
from backend.alerts.sightings import report as report_sighting
from backend.alerts.sightings import set_photo as set_sighting_photo
from backend.alerts.watermark import CONTENT_TYPE as PHOTO_CONTENT_TYPE

__all__ = [
    "PHOTO_CONTENT_TYPE",
    "add_update",
    "approve",
    "cap_document",
    "cap_feed",
    "change_draft",
    "close",
    "create_draft",
    "deliveries",
    "dismiss_proposal",
    "escalate_due",
    "expire_due",
    "forget_old_photos",
    "forget_old_proposals",
    "listed",
    "listed_proposals",
    "listed_sightings",
    "live_count",
    "live_for",
    "merge_sighting",
    "my_sightings",
    "note_pushed",
    "note_receipt",
    "photo_for",
    "photo_views",
    "preview_audience",
    "purge_due",
    "read",
    "receive_proposal",
    "remove_photo",
    "report_sighting",
    "review",
    "review_due",
    "send_alone",
    "send_back",
    "set_photo",
    "set_sighting_photo",
    "sighting_photo_for",
    "stand_down",
    "submit",
    "submitted_count",
    "take_step",
    "text_one",
]
