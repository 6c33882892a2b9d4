"""The migrations make exactly the reviewed schema, and the models speak of exactly its columns."""

import os
from pathlib import Path

import pytest
from tortoise import Tortoise

from backend.core.db import rows, sql
from backend.core.db.migrate import migrate, pending
from backend.settings import Settings
from tests.support.processes import ROOT
from tests.support.schema import postgres_schema, sqlite_schema

SNAPSHOTS = ROOT / "tests" / "snapshots"
FOR_TRIGGERS_ONLY = {("points_budget", "last_use")}
"""Columns by which SQLite's triggers tell one statement from another; PostgreSQL has other means, and no model uses them."""


def test_snapshot(engine: str, settings: Settings, request: pytest.FixtureRequest) -> None:
    """Migrating an empty database gives the committed schema: tables, indexes, checks, triggers."""
    if engine == "sqlite":
        schema = sqlite_schema(settings.data_dir / "lexun.sqlite3")
    else:
        schema = postgres_schema(
            request.getfixturevalue("postgres_server"), settings.database_url.rpartition("/")[2]
        )
    path: Path = SNAPSHOTS / f"schema.{engine}.sql"
    if os.environ.get("LEXUN_TEST_WRITE_SNAPSHOTS"):
        path.write_text(schema, "utf-8")
    committed = path.read_text("utf-8") if path.exists() else ""
    assert schema == committed, (
        "the schema changed: review the migration, run `make snapshots`, commit the snapshot"
    )


async def test_migrating_twice_changes_nothing(database: Settings) -> None:
    """A migrated database has no step pending and gets none when it is migrated again."""
    assert await pending() == []
    assert await migrate() == []


async def test_models_and_tables_agree(database: Settings) -> None:
    """Every model's columns are its table's columns, and a column that may be NULL is one in both."""
    models = Tortoise.apps["lexun"]
    assert len(models) > 10
    differences = []
    for name, model in models.items():
        table = await rows(
            sql(
                sqlite="""SELECT name AS column_name, "notnull" = 0 AND pk = 0 AS nullable FROM pragma_table_info(?)""",
                postgres="SELECT column_name, is_nullable = 'YES' AS nullable FROM information_schema.columns "
                "WHERE table_schema = 'public' AND table_name = ?",
            ),
            model._meta.db_table,
        )
        in_table = {
            row["column_name"]: bool(row["nullable"])
            for row in table
            if (model._meta.db_table, row["column_name"]) not in FOR_TRIGGERS_ONLY
        }
        in_model = {
            model._meta.fields_db_projection[field]: model._meta.fields_map[field].null
            for field in model._meta.fields_db_projection
        }
        if in_table != in_model:
            odd = {
                column: (in_model.get(column), in_table.get(column))
                for column in in_table | in_model
                if in_model.get(column) != in_table.get(column)
            }
            differences.append(
                f"{name} ({model._meta.db_table}): nullable in (model, table), None where absent: {odd}"
            )
    assert differences == []
