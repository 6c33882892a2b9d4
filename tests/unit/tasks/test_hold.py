"""How long a seat is kept for somebody who has not set out."""

import datetime as dt

import pytest

from backend.tasks.grabbing import hold_until

START = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
END = START + dt.timedelta(hours=2)


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


@pytest.mark.parametrize(
    ("grabbed_at", "expected"),
    [
        (START - minutes(600), START + minutes(15)),
        (START - minutes(31), START + minutes(15)),
        (START - minutes(15), START + minutes(15)),
        (START - minutes(5), START + minutes(25)),
        (START + minutes(40), START + minutes(70)),
        (END - minutes(10), END),
    ],
)
def test_hold(grabbed_at: dt.datetime, expected: dt.datetime) -> None:
    """A quarter of an hour into the window, or half an hour from the grab where that is later, never past its end."""
    assert hold_until(START, END, grabbed_at) == expected
