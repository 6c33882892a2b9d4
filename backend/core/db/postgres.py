"""The PostgreSQL engine that Tortoise loads by name: a cancelled transaction always gives its connection back.

The stock context loses the pooled connection when it is cancelled while BEGIN is awaited; after as many losses as
the pool has connections every later query waits for ever. The stock client also reads "INSERT 0 1" as no row.
"""

from collections.abc import Sequence
from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections

from backend.core.db.finish import finish


class CancelSafePooledContext(TransactionContextPooled):
    """Acquires a pooled connection, begins on it, and releases it whatever happens."""

    async def __aenter__(self) -> TransactionalDBClient:
        await finish(self.ensure_connection())
        pool = self.client._parent._pool
        self.client._connection = await pool.acquire()
        try:
            await finish(self.client.begin())
        except BaseException:
            raw = self.client._connection
            if not raw.is_closed() and raw.is_in_transaction():
                await finish(raw.execute("ROLLBACK"))
            await finish(pool.release(raw))
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if not self.client._finalized:
                await finish(self.client.rollback() if exc_type else self.client.commit())
        finally:
            get_connections().reset(self.token)
            if self.client._parent._pool:
                await finish(self.client._parent._pool.release(self.client._connection))


class LexunPostgresClient(AsyncpgDBClient):
    """A pool of connections; each transaction holds one of them."""

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        async with self.acquire_connection() as connection:
            if query.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                status = await connection.execute(query, *(values or []))
                return int(status.rpartition(" ")[2]), []
            found = await connection.fetch(query, *(values or []))
            return len(found), found

    def _in_transaction(self) -> TransactionContext:
        return CancelSafePooledContext(PooledTransaction(self), self._pool_init_lock)

    def in_shared_transaction(self) -> TransactionContext:
        """A transaction like any other: PostgreSQL itself writes the commits of many connections together."""
        return self._in_transaction()


class PooledTransaction(TransactionWrapper):
    """The connection as seen inside a transaction."""

    execute_query = LexunPostgresClient.execute_query  # type: ignore[assignment]

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(PooledTransaction(self))


client_class = LexunPostgresClient
