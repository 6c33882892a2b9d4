"""Which function does which job, and which jobs come round by themselves."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

type Payload = dict[str, Any]
type Handler = Callable[[Payload], Awaitable[None]]

ATTEMPTS_MAX = 8
TIME_LIMIT_S = 900.0


class GiveUp(Exception):
    """Raised by a handler when trying again cannot help; the job is dead at once."""


class Registered(msgspec.Struct, frozen=True):
    """A handler and how patient the worker is with it."""

    name: str
    run: Handler
    attempts_max: int
    time_limit_s: float


class Periodic(msgspec.Struct, frozen=True):
    """A job that is due once in every `period_s` seconds, counted from 1970-01-01 in UTC."""

    name: str
    period_s: int

    def period_at(self, at: dt.datetime) -> int:
        """The number of the period that `at` lies in."""
        return int(at.timestamp() // self.period_s)

    def end_of(self, period: int) -> dt.datetime:
        """When that period ends."""
        return dt.datetime.fromtimestamp((period + 1) * self.period_s, dt.UTC)


_handlers: dict[str, Registered] = {}
_periodic: dict[str, Periodic] = {}


def handler[F: Handler](
    name: str, *, attempts_max: int = ATTEMPTS_MAX, time_limit_s: float = TIME_LIMIT_S
) -> Callable[[F], F]:
    """Register the decorated `async def work(payload: dict) -> None` for the jobs called `name`.

    A job may be run more than once (a process may die after the work and before the note that it is done), so the
    work must be idempotent. It runs outside a transaction and opens its own. A failed attempt is repeated with
    growing pauses, `attempts_max` times in all; one that takes longer than `time_limit_s` is cancelled and counts
    as failed. Raises ValueError when another function has the name.
    """

    def register(work: F) -> F:
        known = _handlers.get(name)
        if known is not None and known.run is not work:
            raise ValueError(f"handler {name!r} is registered twice: by {known.run!r} and by {work!r}")
        _handlers[name] = Registered(name, work, attempts_max, time_limit_s)
        return work

    return register


def every[F: Handler](seconds: int, name: str) -> Callable[[F], F]:
    """Run the job `name` once in every `seconds`, however many processes there are.

    Used as a decorator it registers the function too; used as a plain call, the job has its own `@handler`.
    While one run is still going the next is not begun, and periods without a worker are not made up for.
    """
    if seconds < 1:
        raise ValueError(f"every({seconds!r}, {name!r}): give a whole number of seconds, at least 1")
    _periodic[name] = Periodic(name, int(seconds))
    return handler(name)


def registered(name: str) -> Registered | None:
    """The handler for `name`, if this process has one."""
    return _handlers.get(name)


def periodic_jobs() -> list[Periodic]:
    """Every job that comes round by itself."""
    return list(_periodic.values())
