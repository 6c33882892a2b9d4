"""The schema of a database as plain text, the same for the same schema: tables, indexes, checks and triggers."""

import re
import sqlite3
import subprocess
from pathlib import Path

from tests.support.postgres import PostgresServer


def sqlite_schema(file: Path) -> str:
    """Every table, index, trigger and view of a SQLite file as it was declared, sorted by table."""
    with sqlite3.connect(file) as database:
        found = database.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
            "ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 ELSE 1 END, type, name"
        ).fetchall()
    database.close()
    return "\n\n".join(f"{text.strip()};" for (text,) in found) + "\n"


def postgres_schema(server: PostgresServer, database: str) -> str:
    """What pg_dump says of a PostgreSQL database's schema, without what only its version or the session decide."""
    dump = subprocess.run(
        [
            server.programs / "pg_dump",
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "-d",
            server.url(database),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    passing = ("--", "SET ", "SELECT pg_catalog", "\\restrict", "\\unrestrict")
    kept = [line for line in dump.splitlines() if not line.startswith(passing)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"
