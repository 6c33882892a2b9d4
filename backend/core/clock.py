"""The one clock of the backend: UTC, and movable by tests."""

import contextlib
import datetime as dt
from collections.abc import Iterator

_shift = dt.timedelta(0)
_frozen: dt.datetime | None = None


def now() -> dt.datetime:
    """The current time, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return dt.datetime.now(dt.UTC) + _shift


def until_now(at: dt.datetime) -> dt.datetime:
    """An aware time that a phone gave, in UTC and no later than now; now for one before all calendars."""
    try:
        return min(at.astimezone(dt.UTC), now())
    except OverflowError:
        return now()


def advance(by: dt.timedelta) -> None:
    """Move the clock forward (tests only)."""
    global _shift, _frozen
    if _frozen is not None:
        _frozen += by
    else:
        _shift += by


def freeze(at: dt.datetime) -> None:
    """Stop the clock at `at`, which must be aware (tests only)."""
    global _frozen
    if at.tzinfo is None:
        raise ValueError(f"freeze(at={at!r}): give a time with a zone")
    _frozen = at.astimezone(dt.UTC)


def reset() -> None:
    """Back to the machine's time (tests only)."""
    global _shift, _frozen
    _shift, _frozen = dt.timedelta(0), None


@contextlib.contextmanager
def frozen(at: dt.datetime) -> Iterator[None]:
    """The clock stands at `at` inside the block (tests only)."""
    freeze(at)
    try:
        yield
    finally:
        reset()
