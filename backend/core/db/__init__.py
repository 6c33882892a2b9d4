"""The database: one code path over SQLite and PostgreSQL.

Work that must happen as a whole is written as a coroutine function under `atomic`. Tortoise models serve typed
reads and writes; `rows`, `row` and `execute` run SQL with `?` placeholders on either engine.
"""

from backend.core.db.connection import (
    MODEL_MODULES,
    as_time,
    close_database,
    connection,
    dialect,
    execute,
    execute_many,
    init_database,
    is_unique_violation,
    row,
    rows,
    sql,
    tuples,
)
from backend.core.db.unit_of_work import atomic, atomic_shared, drain_units, in_unit_of_work, on_commit

__all__ = [
    "MODEL_MODULES",
    "as_time",
    "atomic",
    "atomic_shared",
    "close_database",
    "connection",
    "dialect",
    "drain_units",
    "execute",
    "execute_many",
    "in_unit_of_work",
    "init_database",
    "is_unique_violation",
    "on_commit",
    "row",
    "rows",
    "sql",
    "tuples",
]
