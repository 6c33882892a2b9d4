"""What must never reach a log, however it is spelled, and what must stay readable."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.redaction import MASK, is_private_key, redacted, redacted_mapping, redacted_value

PREFIXES = ("", "+86", "86", "+86 ", "+86-")


@given(
    prefix=st.sampled_from(PREFIXES),
    second=st.sampled_from("3456789"),
    rest=st.text("0123456789", min_size=9, max_size=9),
    gap=st.sampled_from(["", " ", "-"]),
    before=st.sampled_from(["", "tel:", "用户", "x", "(", '"phone": "', "e"]),
    after=st.sampled_from(["", "。", "号", ")", '"', "abc", "\n"]),
)
def test_mobile_numbers_are_masked_in_any_text(
    prefix: str, second: str, rest: str, gap: str, before: str, after: str
) -> None:
    """Whatever stands around it, and however it is grouped."""
    number = f"1{second}{rest[0]}{gap}{rest[1:5]}{gap}{rest[5:]}"
    shown = redacted(before + prefix + number + after)
    assert number not in shown and rest[5:] not in shown.replace(before, "", 1)


@given(st.uuids())
def test_identifiers_stay_readable(thing: uuid.UUID) -> None:
    """A UUID is never taken for a number, whatever digits it has; a log without ids is of no use."""
    assert redacted(f"task {thing} closed") == f"task {thing} closed"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("at 120.66123, 27.99456 now", "27.99456"),
        ("POINT(120.66123 27.99456)", "120.66123"),
        ("id 33030219900307123X", "33030219900307123X"),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("vapid t=eyJhbGciOi.x.y, k=BA", "eyJhbGciOi"),
        ("GET /api/tasks?lon=120.6&q=wang", "wang"),
        ("postgresql://lexun:hunter2@db/lexun", "hunter2"),
        ("mail wang.wei@example.org", "wang.wei"),
        ("call 0577-88888888", "88888888"),
    ],
)
def test_other_personal_texts_are_masked(text: str, gone: str) -> None:
    """Places, identity numbers, tokens, queries, logins and addresses."""
    assert gone not in redacted(text) and MASK in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T01:02:03.123456+00:00",
        "listening on http://127.0.0.1:8000",
        "migrated backend 0003 jobs_audit_media",
        "took 12.345 ms for 1000 rows",
        "is it there? no",
        "v1.2.3",
    ],
)
def test_ordinary_texts_stay(text: str) -> None:
    """Times, addresses of servers, numbers and questions are left alone."""
    assert redacted(text) == text


def test_private_keys_are_masked_however_deep() -> None:
    """By their name, in nested mappings and lists; harmless neighbours stay."""
    shown = redacted_mapping(
        {
            "phone": "x", "name": "王伟", "password": "p", "lon": 120.6, "state": "done", "points": 30, "count": 2,
            "person": {"home_address": "a", "roles": ["officer"]}, "list": [{"session_token": "t", "ms": 1.5}],
            "number": 13812345678, "data": b"abc", "empty": None, "email": "",
        }
    )  # fmt: skip
    assert shown == {
        "phone": MASK, "name": MASK, "password": MASK, "lon": MASK, "state": "done", "points": 30, "count": 2,
        "person": {"home_address": MASK, "roles": ["officer"]}, "list": [{"session_token": MASK, "ms": 1.5}],
        "number": MASK, "data": "3 bytes", "empty": None, "email": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "key", ["status", "route", "method", "points", "job", "job_id", "request_id", "checks", "engine"]
)
def test_everyday_keys_are_not_private(key: str) -> None:
    """Else the log would say nothing."""
    assert not is_private_key(key)


def test_unknown_objects_become_masked_text() -> None:
    """An exception's text may quote what a user sent."""
    assert redacted_value(ValueError("no such person: 13812345678")) == f"no such person: {MASK}"
