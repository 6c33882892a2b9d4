"""Opening the database that the settings name, and running SQL that is the same on both engines."""

import datetime as dt
import functools
import json
import re
import sqlite3
import urllib.parse
import uuid
from collections.abc import Sequence
from typing import Any, Literal

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError

from backend.core.db.unit_of_work import drain_units
from backend.features import part_paths
from backend.settings import Settings, SettingsError

SQLITE_FILE = "lexun.sqlite3"
"""The database in the data folder, where no other is named."""


type Dialect = Literal["sqlite", "postgres"]

MODEL_MODULES = ["backend.core.models", *part_paths("models"), "points.models"]

SQLITE_BUSY_TIMEOUT_MS = 10_000
_dialect: Dialect = "sqlite"


async def init_database(settings: Settings) -> None:
    """Connect Tortoise to the settings' database. One database a process; `close_database` undoes it.

    Raises `SettingsError` when `database_url` is not a PostgreSQL or SQLite address.
    """
    global _dialect
    connection_config = connection_config_for(settings)
    _dialect = "sqlite" if connection_config["engine"].endswith("sqlite") else "postgres"
    await Tortoise.init(
        config={
            "connections": {"default": connection_config},
            "apps": {"lexun": {"models": MODEL_MODULES, "default_connection": "default"}},
            "use_tz": True,
            "timezone": "UTC",
        },
        # Requests run in tasks that do not inherit the start-up task's context.
        _enable_global_fallback=True,
    )


async def close_database() -> None:
    """Wait for running units of work and close every connection."""
    await drain_units()
    await Tortoise.close_connections()


def connection_config_for(settings: Settings) -> dict[str, Any]:
    """Tortoise's connection dictionary for the settings; the address is taken apart here, by its own rules."""
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return _sqlite_config(str(settings.data_dir / SQLITE_FILE), settings)
    parts = urllib.parse.urlsplit(settings.database_url)
    if parts.scheme == "sqlite":
        return _sqlite_config(urllib.parse.unquote(parts.path), settings)
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingsError(
            f"database_url begins with {parts.scheme!r}: use postgresql://user:password@host:5432/name, "
            "or leave it empty for SQLite in data_dir"
        )
    return _postgres_config(parts, settings)


def _sqlite_config(file_path: str, settings: Settings) -> dict[str, Any]:
    return {
        "engine": "backend.core.db.sqlite",
        "credentials": {
            "file_path": file_path,
            "busy_timeout": SQLITE_BUSY_TIMEOUT_MS,
            "synchronous": settings.sqlite_synchronous,
            "journal_size_limit": 64 * 1024 * 1024,
            "cache_size": -32_000,
        },
    }


def _postgres_config(parts: urllib.parse.SplitResult, settings: Settings) -> dict[str, Any]:
    options = dict(urllib.parse.parse_qsl(parts.query))
    ssl_mode = options.pop("sslmode", options.pop("ssl", "prefer"))
    if ssl_mode in ("false", "off", "0", "no"):
        ssl_mode = "disable"
    elif ssl_mode in ("true", "on", "1", "yes"):
        ssl_mode = "require"
    if ssl_mode not in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"):
        raise SettingsError(
            f"database_url: sslmode {ssl_mode!r} is not known; use disable, prefer, require or verify-full"
        )
    host = options.pop("host", parts.hostname)
    if options:
        raise SettingsError(
            f"database_url: unknown option {next(iter(options))!r}; only sslmode and host are understood"
        )
    credentials: dict[str, Any] = {
        "host": host,
        "port": parts.port or 5432,
        "user": urllib.parse.unquote(parts.username or ""),
        "password": urllib.parse.unquote(parts.password) if parts.password else None,
        "database": urllib.parse.unquote(parts.path.lstrip("/")),
        "ssl": False if ssl_mode == "disable" else ssl_mode,
        "minsize": 1,
        "maxsize": settings.database_pool_size,
        "application_name": "lexun",
    }
    return {"engine": "backend.core.db.postgres", "credentials": credentials}


def dialect() -> Dialect:
    """The engine in use."""
    return _dialect


def connection() -> BaseDBAsyncClient:
    """The connection of the current context: the transaction's inside `atomic`."""
    return get_connection("default")


def sql(*, sqlite: str, postgres: str) -> str:
    """The text for the engine in use, where the two differ."""
    return sqlite if _dialect == "sqlite" else postgres


async def rows(query: str, *values: Any) -> list[dict[str, Any]]:
    """Run a SELECT (or a statement with RETURNING); `?` stands for a value."""
    return await connection().execute_query_dict(_for_engine(query), _adapt(values))


async def tuples(query: str, *values: Any) -> Sequence[Sequence[Any]]:
    """The same as `rows` for those that are many: each row in the order of its columns, as the driver made it."""
    _, found = await connection().execute_query(_for_engine(query), _adapt(values))
    return found  # type: ignore[return-value] - what the drivers give is a row by number and by name


async def execute_many(query: str, values: Sequence[Sequence[Any]]) -> None:
    """Run one INSERT, UPDATE or DELETE for each of these rows of values, in one go."""
    if values:
        await connection().execute_many(_for_engine(query), [_adapt(tuple(each)) for each in values])


async def row(query: str, *values: Any) -> dict[str, Any] | None:
    """The first row of `rows`, or None."""
    found = await rows(query, *values)
    return found[0] if found else None


async def execute(query: str, *values: Any) -> int:
    """Run an INSERT, UPDATE or DELETE and return how many rows the statement itself changed."""
    changed, _ = await connection().execute_query(_for_engine(query), _adapt(values))
    return changed


def as_time(value: dt.datetime | str) -> dt.datetime:
    """A time as it comes out of either engine: SQLite keeps it as text."""
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)


def is_unique_violation(error: IntegrityError) -> bool:
    """Whether a write was refused because the row is there already."""
    inner = error.args[0] if error.args else error.__cause__
    if isinstance(inner, asyncpg.UniqueViolationError):
        return True
    return isinstance(inner, sqlite3.IntegrityError) and inner.sqlite_errorcode in (
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    )


def _for_engine(query: str) -> str:
    return query if _dialect == "sqlite" else _numbered(query)


@functools.lru_cache(maxsize=1024)
def _numbered(query: str) -> str:
    """`?` to `$1`, `$2` … outside quoted text."""
    count = 0

    def number(match: re.Match[str]) -> str:
        nonlocal count
        if match.group() != "?":
            return match.group()
        count += 1
        return f"${count}"

    return re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\?", number, query)


def _adapt(values: tuple[Any, ...]) -> list[Any]:
    if _dialect == "postgres":
        return [
            json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
            for value in values
        ]
    return [_sqlite_value(value) for value in values]


def _sqlite_value(value: Any) -> Any:
    match value:
        case uuid.UUID():
            return str(value)
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat(" ")
        case bool():
            return int(value)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value
