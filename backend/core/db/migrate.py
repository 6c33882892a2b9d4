"""Bring a database to the current schema with the reviewed SQL files of its engine.

Each file is one step; it runs once, in order, in a transaction of its own, and its digest is kept. A step that was
applied and has since been edited is refused, and one that would leave a table with fewer rows is rolled back unless
its first line says so (`-- removes rows: table, …`). On SQLite a table is rebuilt only by the twelve-step recipe of its
manual, written out in the file, never by a generator.
"""

import hashlib
import re
import sqlite3
from pathlib import Path

import msgspec
import structlog
from tortoise.transactions import in_transaction

from backend.core import clock
from backend.core.db.connection import Dialect, connection, dialect, execute, rows

log = structlog.get_logger(__name__)

ROOT = Path(__file__).resolve().parents[3]
SERIES = {"points": ROOT / "points" / "sql", "backend": ROOT / "backend" / "migrations"}
POINTS_BEFORE = 60
"""The ledger's tables are made before this number of the backend's series, which refers to them."""


MAY_LOSE_ROWS = re.compile(r"\b(DROP\s+TABLE|DELETE\s+FROM|TRUNCATE|RENAME\s+TO)\b", re.IGNORECASE)
"""What a step must contain to lose rows; only then are they counted."""


class MigrationError(RuntimeError):
    """The database and the migration files contradict each other."""


class Step(msgspec.Struct, frozen=True):
    """One migration file."""

    series: str
    number: int
    name: str
    script: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.script.encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.series} {self.number:04} {self.name}"


def steps_for(engine: Dialect) -> list[Step]:
    """Every step of the engine, in the order in which it is applied."""
    found = [
        Step(series=series, number=int(path.name[:4]), name=path.stem[5:], script=path.read_text("utf-8"))
        for series, folder in SERIES.items()
        for path in sorted((folder / engine).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    ]

    def order(step: Step) -> tuple[int, int, int]:
        if step.series == "points":
            return (POINTS_BEFORE, 0, step.number)
        return (step.number, 1, 0) if step.number >= POINTS_BEFORE else (step.number, 0, 0)

    return sorted(found, key=order)


async def migrate() -> list[str]:
    """Apply every missing step to the connected database; returns the labels of those applied.

    Several processes may call it at once: each step is claimed by its row, so it runs once.
    """
    await connection().execute_script(_BOOKKEEPING[dialect()])
    done = await applied()
    newly: list[str] = []
    for step in steps_for(dialect()):
        digest = done.get((step.series, step.number))
        if digest is None:
            if await _apply(step):
                newly.append(step.label)
        elif digest != step.digest:
            raise MigrationError(
                f"{step.label} was changed after it was applied: restore the file and add a new step"
            )
    return newly


async def pending() -> list[str]:
    """Labels of the steps that the connected database lacks."""
    try:
        done = await applied()
    except Exception:
        done = {}
    return [step.label for step in steps_for(dialect()) if (step.series, step.number) not in done]


async def applied() -> dict[tuple[str, int], str]:
    """Digest of each applied step."""
    found = await rows("SELECT series, number, digest FROM schema_migration")
    return {(entry["series"], entry["number"]): entry["digest"] for entry in found}


_BOOKKEEPING: dict[Dialect, str] = {
    "sqlite": """CREATE TABLE IF NOT EXISTS schema_migration (
        series VARCHAR(20) NOT NULL, number INT NOT NULL, name VARCHAR(80) NOT NULL, digest VARCHAR(64) NOT NULL,
        applied_at TIMESTAMP NOT NULL, PRIMARY KEY (series, number))""",
    "postgres": """DO $$ BEGIN
        PERFORM pg_advisory_xact_lock(7263510);
        CREATE TABLE IF NOT EXISTS schema_migration (
        series VARCHAR(20) NOT NULL, number INT NOT NULL, name VARCHAR(80) NOT NULL, digest VARCHAR(64) NOT NULL,
        applied_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (series, number)); END $$""",
}


async def _apply(step: Step) -> bool:
    async with in_transaction("default") as transaction:
        claimed = await execute(
            "INSERT INTO schema_migration (series, number, name, digest, applied_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            step.series,
            step.number,
            step.name,
            step.digest,
            clock.now(),
        )
        if claimed == 0:
            return False
        before = await _row_counts() if MAY_LOSE_ROWS.search(step.script) else {}
        if dialect() == "sqlite":
            # executescript would commit first, so the file is run statement by statement.
            for statement in split_statements(step.script):
                await transaction.execute_query(statement)
        else:
            await transaction.execute_script(step.script)
        if before:
            _require_rows(step, before, await _row_counts())
    log.info("migrated", step=step.label)
    return True


async def _row_counts() -> dict[str, int]:
    """How many rows each of our tables has."""
    listed = {
        "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    }
    counts: dict[str, int] = {}
    for table in await rows(listed[dialect()]):
        found = await rows(f'SELECT count(*) AS n FROM "{table["name"]}"')
        counts[table["name"]] = found[0]["n"]
    return counts


def _require_rows(step: Step, before: dict[str, int], after: dict[str, int]) -> None:
    """Refuse a step that lost rows which it does not say it removes."""
    said = re.match(r"-- removes rows: (.+)", step.script)
    removed = {name.strip() for name in said.group(1).split(",")} if said else set()
    lost = [
        f"{name} {count} -> {after.get(name, 0)}"
        for name, count in before.items()
        if after.get(name, 0) < count and name not in removed
    ]
    if lost:
        raise MigrationError(
            f"{step.label} would lose rows ({', '.join(lost)}) and was rolled back: keep them, or let its first line "
            "be `-- removes rows: ` and the tables it means to empty"
        )


def split_statements(script: str) -> list[str]:
    """The statements of a SQLite script; a trigger's body is part of its statement."""
    statements: list[str] = []
    current = ""
    for line in script.splitlines(keepends=True):
        if not current.strip() and (not line.strip() or line.lstrip().startswith("--")):
            continue
        current += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    if current.strip():
        statements.append(current)
    return statements
