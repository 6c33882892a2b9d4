"""The transaction that the caller opened, and the values of a row as each engine keeps them."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import get_connection

# Tortoise leaves the types of its raw statements open.
_Fetch = Callable[[str, list[object]], Awaitable[list[dict[str, Any]]]]
_ExecuteMany = Callable[[str, list[list[object]]], Awaitable[None]]


def connection() -> BaseDBAsyncClient:
    """The connection of the current context: the caller's transaction, when there is one."""
    return get_connection("default")


def transaction() -> BaseDBAsyncClient:
    """The caller's open transaction.

    Raises RuntimeError outside one: points are moved together with the reason for moving them, or not at all.
    """
    current = connection()
    if not isinstance(current, TransactionalDBClient):
        raise RuntimeError("points are changed only inside a transaction that the caller opened")
    return current


def on_postgres() -> bool:
    """Whether the current connection speaks to PostgreSQL; otherwise it is SQLite."""
    return connection().capabilities.dialect == "postgres"


def lock_clause() -> str:
    """What makes a SELECT keep its rows until the transaction ends.

    Nothing on SQLite, where a writing transaction is alone from its start.
    """
    return " FOR NO KEY UPDATE" if on_postgres() else ""


async def fetch(sql: str, *values: object) -> list[dict[str, Any]]:
    """Run one statement, its parameters written $1, $2, … in order, and return its rows.

    An INSERT or UPDATE says with RETURNING what it did; so the count is right where triggers write too.
    """
    current = connection()
    postgres = current.capabilities.dialect == "postgres"
    run = cast(_Fetch, current.execute_query_dict)  # pyright: ignore[reportUnknownMemberType]
    if postgres:
        return await run(sql, [_encode_for_postgres(value) for value in values])
    return await run(_numbered_for_sqlite(sql), [_encode_for_sqlite(value) for value in values])


async def execute_many(sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Run one statement for each row of parameters, in order, inside the open transaction."""
    current = transaction()
    encode = _encode_for_postgres if on_postgres() else _encode_for_sqlite
    encoded: list[list[object]] = [[encode(value) for value in row] for row in rows]
    run = cast(_ExecuteMany, current.execute_many)  # pyright: ignore[reportUnknownMemberType]
    await run(sql if encode is _encode_for_postgres else _numbered_for_sqlite(sql), encoded)


def numbered(first: int, count: int) -> str:
    """Parameters for an IN list, such as "$2, $3, $4" for first 2 and count 3."""
    return ", ".join(f"${number}" for number in range(first, first + count))


def as_uuid(value: Any) -> UUID:
    """An id as read from a row: PostgreSQL gives a UUID, SQLite its text."""
    return value if isinstance(value, UUID) else UUID(value)


def as_uuid_or_none(value: Any) -> UUID | None:
    """An id that may be missing, as read from a row."""
    return None if value is None else as_uuid(value)


def as_time(value: Any) -> datetime:
    """A UTC time as read from a row: PostgreSQL gives a datetime, SQLite its text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def as_time_or_none(value: Any) -> datetime | None:
    """A time that may be missing, as read from a row."""
    return None if value is None else as_time(value)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a time without a zone raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; give an aware datetime, such as one in UTC")
    return moment.astimezone(UTC)


def sqlite_time(moment: datetime) -> str:
    """A time as SQLite keeps it."""
    return utc(moment).isoformat(" ")


def _encode_for_postgres(value: object) -> object:
    return utc(value) if isinstance(value, datetime) else value


def _encode_for_sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return sqlite_time(value)
    return str(value) if isinstance(value, UUID) else value


@lru_cache(maxsize=256)
def _numbered_for_sqlite(sql: str) -> str:
    return re.sub(r"\$(\d+)", r"?\1", sql)
