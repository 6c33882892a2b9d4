"""`lexun backup`: everything a machine would miss, in one file, while the server runs."""

import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from backend.cli import settings_or_exit

DATABASE = "lexun.sqlite3"
LEFT_OUT = {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "imports"}
"""The live database, of which a copy is taken, and officers' files, which are to be gone after a day."""


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def backup(out: Path) -> None:
    """Write the database and the data folder to the tar file OUT.

    The server may run meanwhile. A PostgreSQL database and photos in an object store are not in it.
    """
    settings = settings_or_exit()
    folder = settings.data_dir.resolve()
    out = out.absolute()
    if out.exists():
        raise click.ClickException(f"{out} is there already; choose another name")
    if not out.parent.is_dir():
        raise click.ClickException(f"there is no folder {out.parent}")
    if out.is_relative_to(folder):
        raise click.ClickException(
            f"{out} lies in the data folder itself; choose a place outside, best another disk"
        )
    database = folder / DATABASE
    if not settings.database_url and not database.exists():
        raise click.ClickException(f"there is no database in {folder}; is LEXUN_DATA_DIR right?")
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".lexun-backup-") as beside:
        written = Path(beside, "backup.tar")
        written.touch(mode=0o600)  # it holds the key that signs cookies
        with tarfile.open(written, "w") as tar:
            if not settings.database_url:
                tar.add(_copied(database, Path(beside, DATABASE)), DATABASE)
            files = sum(_added(tar, path, folder) for path in _files(folder))
        with written.open("rb") as stream:
            os.fsync(stream.fileno())
        written.rename(out)
    click.echo(f"{out}: {files} files, {out.stat().st_size / 1e6:.1f} MB")
    if settings.database_url:
        click.echo("The PostgreSQL database is not in it: use pg_dump.")
    else:
        click.echo("The database is in it, whole.")
    if settings.media_url:
        click.echo(f"The photos are not in it: they lie in {settings.media_url}.")


def _copied(database: Path, copy: Path) -> Path:
    """A copy of the database as it is at one moment, checked, in one file."""
    source = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    target = sqlite3.connect(copy)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        found = target.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        target.close()
        source.close()
    if found != "ok":
        raise click.ClickException(
            f"the database is damaged: {found}; keep the last backup and everything as it is"
        )
    return copy


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in LEFT_OUT:
            continue
        yield from (each for each in sorted(path.rglob("*")) if each.is_file()) if path.is_dir() else (path,)


def _added(tar: tarfile.TarFile, path: Path, folder: Path) -> bool:
    """Put a file into the archive; False when it was deleted meanwhile."""
    try:
        tar.add(path, str(path.relative_to(folder)))
    except FileNotFoundError:
        return False
    return True
