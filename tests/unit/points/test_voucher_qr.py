"""The QR code of a voucher."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.errors import QrExpired, QrInvalid
from points.qr import qr_token, qr_valid_until, read_qr_token

KEY = b"k" * 32
VOUCHER = UUID("0197a1b2-0000-7000-8000-000000000001")
NOW = datetime(2026, 6, 5, 12, 0, 30, tzinfo=UTC)


def test_a_token_names_its_voucher_during_its_minute() -> None:
    """What is shown can be read at once, and the text stays the same until it is replaced."""
    token = qr_token(VOUCHER, NOW, KEY)
    assert read_qr_token(token, NOW, KEY) == VOUCHER
    assert qr_token(VOUCHER, NOW + timedelta(seconds=29), KEY) == token
    assert qr_token(VOUCHER, NOW + timedelta(seconds=30), KEY) != token
    assert qr_valid_until(NOW) == datetime(2026, 6, 5, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-60, -31, 60, 600, 86_400])
def test_a_screenshot_is_worthless_soon(seconds: int) -> None:
    """Outside its minute and the leeway a token is refused, and the refusal says how old it is."""
    token = qr_token(VOUCHER, NOW, KEY)
    with pytest.raises(QrExpired) as refused:
        read_qr_token(token, NOW + timedelta(seconds=seconds), KEY, leeway_s=0)
    assert refused.value.params == {"age_s": 30 + seconds}


@pytest.mark.parametrize(("seconds", "counts"), [(-60, True), (-61, False), (59, True), (60, False)])
def test_clocks_may_differ_by_the_leeway(seconds: int, counts: bool) -> None:
    """A phone half a minute off is served; further off it is asked to show the voucher again."""
    token = qr_token(VOUCHER, NOW, KEY)
    if counts:
        assert read_qr_token(token, NOW + timedelta(seconds=seconds), KEY, leeway_s=30) == VOUCHER
    else:
        with pytest.raises(QrExpired):
            read_qr_token(token, NOW + timedelta(seconds=seconds), KEY, leeway_s=30)


@given(position=st.integers(4, 51), replacement=st.sampled_from("ABCDwxyz0189-_"))
def test_no_letter_of_a_token_can_be_changed(position: int, replacement: str) -> None:
    """A token for another voucher or another minute cannot be made from one that was seen."""
    token = qr_token(VOUCHER, NOW, KEY)
    forged = token[:position] + replacement + token[position + 1 :]
    if forged == token:
        return
    with pytest.raises(QrInvalid):
        read_qr_token(forged, NOW, KEY)


def test_another_key_or_another_voucher_does_not_verify() -> None:
    """Only the server's key signs, and a signature belongs to one voucher."""
    other = UUID(int=VOUCHER.int + 1)
    with pytest.raises(QrInvalid):
        read_qr_token(qr_token(VOUCHER, NOW, b"x" * 32), NOW, KEY)
    raw = base64.urlsafe_b64decode(qr_token(VOUCHER, NOW, KEY).removeprefix("LX1."))
    moved = "LX1." + base64.urlsafe_b64encode(other.bytes + raw[16:]).decode()
    with pytest.raises(QrInvalid):
        read_qr_token(moved, NOW, KEY)


@given(text=st.text(max_size=80))
def test_anything_else_that_is_scanned_is_no_voucher(text: str) -> None:
    """A bus ticket, a web address or noise is refused, never an error."""
    for scanned in (text, "LX1." + text):
        with pytest.raises(QrInvalid):
            read_qr_token(scanned, NOW, KEY)
