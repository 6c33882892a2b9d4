"""Removing the demo district: its data folder as a whole, since what the ledger and the audit log hold is never deleted row by row."""

import contextlib
import shutil
import sqlite3

from backend.core.db.connection import SQLITE_FILE
from backend.settings import Settings


class NotRemoved(Exception):
    """Why nothing was deleted, and what to do."""


def remove(settings: Settings) -> bool:
    """Delete the folder that the demo lives in; whether there was one.

    Raises `NotRemoved` for a database of another engine, a folder that holds a district which is not the demo's, and one
    that a server has open.
    """
    if settings.database_url:
        raise NotRemoved(
            "the demo district is in the database of LEXUN_DATABASE_URL: drop that database instead"
        )
    file = settings.data_dir / SQLITE_FILE
    if not file.exists():
        return False
    with contextlib.closing(sqlite3.connect(file, timeout=0.5)) as database:
        real = database.execute("SELECT name_zh FROM area WHERE NOT demo ORDER BY path LIMIT 1").fetchone()
        if real is not None:
            raise NotRemoved(f"{settings.data_dir} holds {real[0]}, which is no demo: nothing was deleted")
        try:
            # Leaving the write-ahead log needs the file for oneself.
            database.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise NotRemoved(
                f"a server has {file} open ({error}): stop it and try again; nothing was deleted"
            ) from error
    shutil.rmtree(settings.data_dir)
    return True
