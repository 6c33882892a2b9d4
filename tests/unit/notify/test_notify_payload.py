"""What a push message says, and how answers of push services are read."""

import datetime as dt
import email.utils
import json
import uuid

import pytest

from backend.notify.models import Message
from backend.notify.push import PAYLOAD_BYTES_MAX, payload_of
from backend.notify.sender import retry_after_s


def message(**values: object) -> Message:
    alert = uuid.uuid4()
    base = {
        "id": uuid.uuid4(), "user_id": uuid.uuid4(), "kind": "alert.live", "ref_kind": "alert", "ref_id": alert,
        "title_zh": "协查", "title_en": "Alert", "body_zh": "正文", "body_en": "Body", "at": dt.datetime.now(dt.UTC),
    }  # fmt: skip
    return Message(**{**base, **values})


def test_the_payload_has_texts_and_an_address() -> None:
    """The service worker finds what it shows, where a tap leads, and the tag by which it is replaced or removed."""
    told = message()
    assert json.loads(payload_of(told)) == {
        "kind": "alert.live",
        "ref": {"kind": "alert", "id": str(told.ref_id)},
        "title_zh": "协查",
        "title_en": "Alert",
        "body_zh": "正文",
        "body_en": "Body",
        "url": f"/alerts/{told.ref_id}",
        "tag": f"alert-{told.ref_id}",
    }


def test_a_recall_has_the_tag_of_what_it_recalls_and_a_sighting_has_not() -> None:
    """A phone closes the alert's notification by the recall's tag; news for the desk stands beside it."""
    alert = uuid.uuid4()
    tags = {kind: json.loads(payload_of(message(kind=kind, ref_id=alert)))["tag"] for kind in
            ("alert.live", "alert.update", "alert.recall", "sighting.new")}  # fmt: skip
    assert tags["alert.live"] == tags["alert.update"] == tags["alert.recall"] != tags["sighting.new"]


@pytest.mark.parametrize(("zh", "en"), [(600, 1200), (600, 0), (0, 1200)])
def test_the_payload_never_outgrows_what_services_take(zh: int, en: int) -> None:
    """The longest texts that the table holds are cut to 3,500 bytes, and stay JSON."""
    data = payload_of(message(body_zh="长" * zh, body_en="é" * en, title_zh="题" * 120, title_en="é" * 240))
    assert len(data) <= PAYLOAD_BYTES_MAX
    assert json.loads(data)["title_zh"]


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms are understood, nonsense is ignored, and nobody makes us wait longer than an hour."""
    assert retry_after_s("120") == 120
    assert retry_after_s("0") == 1
    assert retry_after_s("999999") == 3600
    assert retry_after_s(None) is None
    assert retry_after_s("soon") is None
    in_a_minute = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60), usegmt=True)
    waited = retry_after_s(in_a_minute)
    assert waited is not None and 50 < waited <= 60
