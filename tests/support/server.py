"""A real `lexun` process answering HTTP on a free port, for tests that kill it, restart it or point a browser at it."""

import datetime as dt
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.processes import BIN, free_port, project_environment, start, stop, tail, wait_until


class LexunServer:
    """`lexun serve` over `folder`, with settings given as LEXUN_ variables; ready once constructed.

    `restart` starts it again over the same data and on the same port, after `stop` or `kill`.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        command: Sequence[str] = ("serve",),
        timeout_s: float = 180,
        program: Sequence[str] = (str(BIN / "lexun"),),
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._command = [*program, *command]
        self._timeout_s = timeout_s
        self._environment = project_environment(
            {
                "LEXUN_DATA_DIR": str(folder / "data"),
                "LEXUN_PORT": str(self.port),
                "PORT": str(self.port),
                "LEXUN_LOG_FORMAT": "console",
                **(settings or {}),
            }
        )
        # Without a worker of its own it is ready only once another process does the jobs.
        self._ready = "/healthz" if self._environment.get("LEXUN_WORKER") == "false" else "/readyz"
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / f"lexun-{self.port}.log"
        self.restart()

    def restart(self) -> None:
        """Start the process, if it does not run, and wait until it is ready."""
        if self._process is not None and self._process.poll() is None:
            raise RuntimeError("the server runs already")
        self._process = start(self._command, log=self.log, environment=self._environment)
        wait_until(
            lambda: answers_ok(self.url + self._ready),
            self._process,
            what=" ".join(self._command),
            log=self.log,
            timeout_s=self._timeout_s,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """End it as an operator would (SIGTERM); its exit code."""
        assert self._process is not None
        return stop(self._process)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        assert self._process is not None
        stop(self._process, signal.SIGKILL)

    def log_tail(self, lines: int = 60) -> str:
        """The end of its log."""
        return tail(self.log, lines)


DAYLIGHT = (sys.executable, "-m", "tests.support.daylight")
"""The program of a server that knows no night."""


class MovableServer(LexunServer):
    """`lexun demo` whose clock can be moved on."""

    def __init__(self, folder: Path, timeout_s: float = 240) -> None:
        self._moves = folder / "clock"
        program = (sys.executable, "-m", "tests.support.movable_clock")
        super().__init__(folder, {"CLOCK_FILE": str(self._moves)}, ("demo",), timeout_s, program)

    def advance(self, by: dt.timedelta) -> None:
        """Let the server believe that so much time has passed."""
        self._moves.write_text(str(by.total_seconds()))
        os.kill(self.pid, signal.SIGUSR1)


def answers_ok(url: str) -> bool:
    """Whether a GET of the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False
