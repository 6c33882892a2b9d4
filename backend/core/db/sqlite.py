"""The SQLite engine that Tortoise loads by name: immediate, cancel-safe transactions, shared commits, true row counts.

The stock engine begins deferred transactions (two processes then meet "database is locked" whatever the busy
time-out), keeps its lock for ever when cancelled during BEGIN or while connecting, and counts rows that triggers
changed as rows of the statement. Each override here answers one of these, or saves a hop to the connection's thread:
a hop costs more than most statements, so BEGIN travels with the first statement of its transaction.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
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

from backend.core.db.finish import finish
from backend.core.db.turns import SharedCommitFailed, Turns

GROUP_UNITS_MAX = 64
GROUP_LASTS_MAX_S = 0.05
"""How many units share a commit, and for how long others join it, so that other processes get their turn to write."""


class _Group:
    """A transaction that several short units share; `done` when all of it is on disk."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()
        self.units = 0
        self.until = loop.time() + GROUP_LASTS_MAX_S
        self.first = ["BEGIN IMMEDIATE"]
        """What is to be run before the next statement of the group."""

    def may_grow(self) -> bool:
        return self.units < GROUP_UNITS_MAX and asyncio.get_running_loop().time() < self.until


class ImmediateTransactionContext(SqliteTransactionContext):
    """Holds the process's one connection from BEGIN IMMEDIATE to COMMIT, and always lets it go again."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await finish(self.ensure_connection())
            await finish(self.connection._parent.close_group())
        except BaseException:
            self._trxlock.release()
            raise
        self.connection.first = ["BEGIN IMMEDIATE"]
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


class SharedTransactionContext(SqliteTransactionContext):
    """A short unit that shares its commit with those that wait for their turn at the same moment.

    The unit is a savepoint of the group's transaction: it fails alone. It is over, and its caller goes on, only when
    the group has been committed.
    """

    async def __aenter__(self) -> TransactionalDBClient:
        self.parent: LexunSqliteClient = self.connection._parent
        try:
            # Never given up while waiting: whoever handed over an open group relies on the next to end it.
            await finish(self.parent.turns.acquire(shares=True))
            await finish(self.ensure_connection())
        except BaseException:
            try:
                await finish(self.parent.close_group())
            finally:
                self.parent.turns.release()
            raise
        group = self.parent.group or _Group()
        self.parent.group, self.group = group, group
        group.units += 1
        self.connection.first = [*group.first, "SAVEPOINT unit"]
        group.first = []
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        get_connections().reset(self.token)
        group = self.group
        try:
            if self.connection.first:  # it ran no statement
                group.first = self.connection.first[:-1]
            elif exc_type:
                group.first = ["ROLLBACK TO unit", "RELEASE unit"]
            else:
                group.first = ["RELEASE unit"]
            if not (self.parent.is_whole() and self.parent.turns.next_shares() and group.may_grow()):
                await finish(self.parent.close_group())
        finally:
            self.parent.turns.release()
        if not exc_type:
            await group.done


class SafeConnectionWrapper(ConnectionWrapper[Any]):
    """One statement's turn on the connection; whoever is cancelled while it is opened lets the others go on."""

    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            await finish(self.ensure_connection())
            await finish(self.client.close_group())  # type: ignore[attr-defined]
        except BaseException:
            self._lock.release()
            raise
        return self.connection


def _found(query: str, values: Sequence[Any]) -> Callable[[sqlite3.Connection], tuple[int, list[Any]]]:
    """Runs a statement to its end in the connection's thread: how many rows it changed or found, and the rows."""

    def run(raw: sqlite3.Connection) -> tuple[int, list[Any]]:
        cursor = raw.execute(query, values)
        found = cursor.fetchall()
        changed = cursor.rowcount
        cursor.close()
        return (changed if changed >= 0 else len(found)), found

    return run


def _in_turn(raw: sqlite3.Connection, first: Sequence[str], work: Callable[[sqlite3.Connection], Any]) -> Any:
    for statement in first:
        raw.execute(statement)
    return work(raw)


class LexunSqliteClient(SqliteClient):
    """One connection a process; every statement waits its turn on it."""

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self.turns = Turns()
        self._lock = self.turns
        self.group: _Group | None = None

    def acquire_connection(self) -> SafeConnectionWrapper:
        return SafeConnectionWrapper(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)

    def in_shared_transaction(self) -> TransactionContext:
        """A transaction for a short unit of work, which may share its commit with others."""
        return SharedTransactionContext(ImmediateTransaction(self), self._lock)

    def is_whole(self) -> bool:
        """Whether the group's transaction is still open; SQLite itself gives it up when the disk is full."""
        group = self.group
        begun = group is not None and group.first[:1] != ["BEGIN IMMEDIATE"]
        return not begun or (self._connection is not None and self._connection.in_transaction)

    async def close_group(self) -> None:
        """Commit the group that was left open, if there is one; where that fails, all units of it are told so."""
        group, self.group = self.group, None
        if group is None or self._connection is None:
            return
        if group.first[:1] == ["BEGIN IMMEDIATE"]:  # nothing of it was ever run
            group.done.set_result(None)
            return
        try:
            await self._connection._execute(
                _in_turn, self._connection._conn, group.first, lambda raw: raw.execute("COMMIT")
            )
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                await self._connection.rollback()
            group.done.set_exception(SharedCommitFailed(error))
            group.done.exception()  # read, so that a group without a unit that succeeded does not warn
            return
        group.done.set_result(None)

    @translate_exceptions
    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        query = query.replace("\x00", "'||CHAR(0)||'")
        async with self.acquire_connection() as connection:
            return await connection._execute(_found(query, values or ()), connection._conn)


class ImmediateTransaction(SqliteTransactionWrapper):
    """The connection as seen inside a transaction."""

    def __init__(self, connection: SqliteClient) -> None:
        super().__init__(connection)
        self.first: list[str] = []
        """What is to be run before the first statement, in the same hop."""

    async def _hop(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        async with self._lock:
            first, self.first = self.first, []
            return await self._connection._execute(_in_turn, self._connection._conn, first, work)

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return BegunConnectionWrapper(self._lock, self)

    async def run_first(self) -> None:
        """Run what was put off, for statements that do not take it along."""
        first, self.first = self.first, []
        for statement in first:
            await self._connection.execute(statement)

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        return await self._hop(_found(query.replace("\x00", "'||CHAR(0)||'"), values or ()))

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        _, found = await self._hop(_found(query.replace("\x00", "'||CHAR(0)||'"), values or ()))
        return [dict(row) for row in found]

    @translate_exceptions
    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        await self._hop(lambda raw: raw.executemany(query, values))

    async def savepoint(self) -> None:
        await self.run_first()
        await super().savepoint()

    async def commit(self) -> None:
        if self.first:  # nothing was run, so nothing was begun
            self._finalized = True
            return
        await super().commit()

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(NestedTransaction(self))


class NestedTransaction(ImmediateTransaction):
    """A savepoint within a transaction that has begun, or begins with it."""

    def __init__(self, connection: ImmediateTransaction) -> None:
        super().__init__(connection)
        self.first, connection.first = connection.first, []


class BegunConnectionWrapper(ConnectionWrapper[Any]):
    """One statement's turn inside a transaction, which begins now if it has not."""

    async def __aenter__(self) -> Any:
        connection = await super().__aenter__()
        try:
            await finish(self.client.run_first())  # type: ignore[attr-defined]
        except BaseException:
            self._lock.release()
            raise
        return connection


client_class = LexunSqliteClient
