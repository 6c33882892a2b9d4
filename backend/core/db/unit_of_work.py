"""Units of work: an async function that happens as a whole, or not at all, whoever is cancelled meanwhile."""

import asyncio
import contextvars
import functools
import inspect
import random
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import structlog
from tortoise.backends.base.client import TransactionContext
from tortoise.connection import get_connection
from tortoise.exceptions import BaseORMException
from tortoise.transactions import in_transaction

from backend.core import metrics
from backend.core.db.turns import SharedCommitFailed

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 8
FIRST_PAUSE_S = 0.01
RETRIED_SQLSTATES = {"40001", "40P01"}  # serialization failure, deadlock

type Callback = Callable[[], Awaitable[None] | None]

_callbacks: contextvars.ContextVar[list[Callback] | None] = contextvars.ContextVar("callbacks", default=None)
_running: set[asyncio.Task[Any]] = set()


def in_unit_of_work() -> bool:
    """Whether the caller runs inside `atomic`."""
    return _callbacks.get() is not None


def on_commit(callback: Callback) -> None:
    """Run `callback` (plain or async, no arguments) once the unit of work has committed; at once outside of one.

    A failing callback is logged and does not disturb the others: what it does must be recoverable by a re-read.
    """
    pending = _callbacks.get()
    if pending is not None:
        pending.append(callback)
        return
    task = asyncio.ensure_future(_run_callbacks([callback]))
    _running.add(task)
    task.add_done_callback(_running.discard)


def atomic[**P, T](work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make `work` one transaction that a cancelled caller cannot leave half-done.

    The unit runs in its own task: when the caller is cancelled (a phone hung up), the unit still commits or rolls
    back by itself. Calls inside a running unit join it. Deadlocks, serialization failures and a busy SQLite are
    tried again with growing pauses, so `work` must not have effects outside the database: put them in `on_commit`.
    """

    return _as_unit(work, in_transaction)


def atomic_shared[**P, T](work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Like `atomic`, for short units that many people do at the same moment: on SQLite they share a commit to disk.

    Those that wait for their turn are run one after the other in one transaction, each a savepoint that fails alone;
    each returns when all of it is on disk. So `work` must not wait for anything but the database.
    """
    return _as_unit(work, _in_shared_transaction)


def _in_shared_transaction(name: str) -> TransactionContext:
    return get_connection(name).in_shared_transaction()  # type: ignore[attr-defined]


def _as_unit[**P, T](
    work: Callable[P, Awaitable[T]], begin: Callable[[str], TransactionContext]
) -> Callable[P, Coroutine[Any, Any, T]]:
    @functools.wraps(work)
    async def unit(*args: P.args, **kwargs: P.kwargs) -> T:
        if in_unit_of_work():
            return await work(*args, **kwargs)
        task: asyncio.Task[T] = asyncio.create_task(_run(functools.partial(work, *args, **kwargs), begin))
        _running.add(task)
        task.add_done_callback(_forget)
        return await asyncio.shield(task)

    return unit


async def drain_units() -> None:
    """Wait for units whose callers have gone; called before the database is closed."""
    while _running:
        await asyncio.gather(*_running, return_exceptions=True)


def _forget(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # read, so that a unit without a caller does not warn


async def _run[T](work: Callable[[], Awaitable[T]], begin: Callable[[str], TransactionContext]) -> T:
    for attempt in range(1, ATTEMPTS_MAX + 1):
        callbacks: list[Callback] = []
        token = _callbacks.set(callbacks)
        try:
            async with begin("default"):
                result = await work()
        except BaseException as error:
            if attempt == ATTEMPTS_MAX or not _worth_another_try(error):
                metrics.units_of_work.labels("rolled_back").inc()
                raise
            metrics.units_of_work.labels("tried_again").inc()
            pause_s = FIRST_PAUSE_S * 2**attempt * random.random()
            begin = in_transaction if isinstance(error, SharedCommitFailed) else begin
        else:
            metrics.units_of_work.labels("committed").inc()
            _callbacks.reset(token)
            await _run_callbacks(callbacks)
            return result
        _callbacks.reset(token)
        await asyncio.sleep(pause_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _worth_another_try(error: BaseException) -> bool:
    """Whether `error`, or what it was raised from, says that the same work may succeed when run again."""
    if isinstance(error, SharedCommitFailed):
        return True
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, asyncpg.PostgresError) and getattr(seen, "sqlstate", "") in RETRIED_SQLSTATES:
            return True
        if isinstance(seen, sqlite3.OperationalError) and seen.sqlite_errorcode & 0xFF in (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        ):
            return True
        wrapped = seen.args[0] if isinstance(seen, BaseORMException) and seen.args else None
        seen = wrapped if isinstance(wrapped, BaseException) else seen.__cause__
    return False


async def _run_callbacks(callbacks: list[Callback]) -> None:
    for callback in callbacks:
        try:
            outcome = callback()
            if inspect.isawaitable(outcome):
                await outcome
        except Exception:
            log.exception("after_commit_failed", callback=getattr(callback, "__qualname__", repr(callback)))
