"""Benchmarks: each measures with real parts and writes its row into docs/benchmarks.md, keeping the rows of the others."""

import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.settings import Settings
from tests.support.postgres import PostgresServer
from tests.support.processes import ROOT
from tests.support.server import LexunServer

PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# What was measured

Rows are written by `make bench`; each names the command that measures it. The machines are shared and noisy: trust the
ratios, which compare two ways within one run, more than the seconds.

| what | measured | how | on |
|---|---|---|---|
"""

ROUTES = """Routes

Gaps are to the best scores known of published team-orienteering problems, in %; all optimisers get the same seconds.
PyVRP visits nothing where limits are so short that its prizes (eight mean walks a point) do not outweigh the walk: a gap
of 100. One published score is beyond reach: trying all 68 routes of p5.3.e proves 95 of the published 110 (tests/bench/exact.py);
such gaps stand in the first figures and are set right in those after "against what any plan can reach". Rows are written
by `make bench`.

| what | measured | how | on |
|---|---|---|---|
"""

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "1GB",
}

type Record = Callable[[str, str, str], None]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL as it is in life: on disk, and a commit is answered once it is there."""
    server = PostgresServer(DURABLE, Path(tempfile.gettempdir()))
    yield server
    server.close()


@pytest.fixture
def record() -> Record:
    """`record(what, measured, how)` replaces the row about `what`."""

    def write(what: str, measured: str, how: str) -> None:
        rows = _rows()
        rows[what] = f"| {what} | {measured} | `{how}` | {os.cpu_count()} cores, {platform.machine()} |"
        _, sections = _page()
        PAGE.write_text(HEAD + "\n".join(rows[key] for key in sorted(rows)) + "\n" + sections, "utf-8")
        print(f"\n{what}: {measured}")

    return write


@pytest.fixture
def record_routes() -> Record:
    """`record_routes(what, measured, how)` replaces the row about `what` in the section on routes."""

    def write(what: str, measured: str, how: str) -> None:
        table, *sections = PAGE.read_text("utf-8").split("\n## ")
        old = next((section for section in sections if section.startswith("Routes\n")), "")
        rows = _rows_in(old)
        rows[what] = f"| {what} | {measured} | `{how}` | {os.cpu_count()} cores, {platform.machine()} |"
        new = _head_of(old, ROUTES) + "".join(f"{rows[key]}\n" for key in sorted(rows))
        others = [section for section in sections if section != old]
        PAGE.write_text("\n## ".join([table, *others, new]), "utf-8")
        print(f"\n{what}: {measured}")

    return write


def _head_of(section: str, new: str) -> str:
    """A section's words and the head of its table as they stand, which somebody may have added to; else `new`."""
    words, rule, _ = section.partition("|---|---|---|---|\n")
    return words + rule if rule else new


def _page() -> tuple[str, str]:
    """The table's text, and the sections below it, which are written by hand and kept."""
    text = PAGE.read_text("utf-8") if PAGE.exists() else ""
    table, heading, sections = text.partition("\n## ")
    return table, heading + sections


def _rows() -> dict[str, str]:
    return _rows_in(_page()[0])


def _rows_in(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if re.match(r"\| (?!what|-)", line)]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if not line.startswith("|---")}


@pytest.fixture
def serve(database: Settings, tmp_path: Path) -> Iterator[LexunServer]:
    """A server process over the test's database."""
    server = LexunServer(
        tmp_path,
        {
            "LEXUN_DATA_DIR": str(database.data_dir),
            "LEXUN_DATABASE_URL": database.database_url,
            "LEXUN_SECRET_KEY": database.secret_key,
            "LEXUN_LOG_LEVEL": "WARNING",
        },
    )
    yield server
    server.stop()
