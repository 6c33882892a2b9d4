"""The SQLite engine that Tortoise loads by name: immediate, cancel-safe transactions and true row counts.

The stock engine begins deferred transactions (two processes then meet "database is locked" whatever the busy
time-out), keeps its lock for ever when cancelled during BEGIN or while connecting, and counts rows that triggers
changed as rows of the statement. Each override here answers one of these.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from backend.core.db.finish import finish


class ImmediateTransactionContext(SqliteTransactionContext):
    """Holds the process's one connection from BEGIN IMMEDIATE to COMMIT, and always lets it go again."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await finish(self.ensure_connection())
            await finish(self.connection.begin())
        except BaseException:
            try:
                raw = self.connection._connection
                if raw is not None and raw.in_transaction:
                    await finish(raw.rollback())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if self.connection._finalized:
                return
            if exc_type:
                await finish(self.connection.rollback())
                return
            try:
                await finish(self.connection.commit())
            except sqlite3.Error:
                raw = self.connection._connection
                if raw.in_transaction:
                    await finish(raw.rollback())
                raise
        finally:
            get_connections().reset(self.token)
            self._trxlock.release()


class SafeConnectionWrapper(ConnectionWrapper[Any]):
    """One statement's turn on the connection; whoever is cancelled while it is opened lets the others go on."""

    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            await finish(self.ensure_connection())
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class LexunSqliteClient(SqliteClient):
    """One connection a process; every statement waits its turn on it."""

    def acquire_connection(self) -> SafeConnectionWrapper:
        return SafeConnectionWrapper(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)

    @translate_exceptions
    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._in_transaction() as transaction:
            await transaction._connection.executemany(query, values)  # type: ignore[attr-defined]

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        query = query.replace("\x00", "'||CHAR(0)||'")
        async with self.acquire_connection() as connection:
            cursor = await connection.execute(query, values)
            found = await cursor.fetchall()
            changed = cursor.rowcount
            await cursor.close()
            return (changed if changed >= 0 else len(found)), found  # type: ignore[return-value]


class ImmediateTransaction(SqliteTransactionWrapper):
    """The connection as seen inside a transaction."""

    execute_query = LexunSqliteClient.execute_query  # type: ignore[assignment]

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ImmediateTransaction(self))

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


client_class = LexunSqliteClient
