"""Start a child process that cannot outlive the test run, wait until it answers, and stop it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's root folder."""

BIN = Path(sys.executable).parent
"""Where the environment's commands (lexun, node, redis-server) are."""

_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def project_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any LEXUN_ setting of its own, with the project's commands first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEXUN_")}
    kept["PATH"] = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, **(extra or {})}


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    user: int | None = None,
    when_orphaned: signal.Signals = signal.SIGKILL,
) -> "subprocess.Popen[bytes]":
    """Start `command` with its output in `log`; it gets `when_orphaned` if this process dies without stopping it."""

    def tie_to_parent() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(when_orphaned))

    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            cwd=cwd,
            user=user,
            preexec_fn=tie_to_parent,
        )


def wait_until(
    ready: Callable[[], bool],
    process: "subprocess.Popen[bytes]",
    *,
    what: str,
    log: Path,
    timeout_s: float = 180,
) -> None:
    """Return once `ready()` is true; raise RuntimeError with the log's end when the process ends or time runs out."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ready():
            return
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with code {process.returncode}:\n{tail(log)}")
        time.sleep(0.05)
    stop(process, signal.SIGKILL)
    raise RuntimeError(f"{what} did not answer within {timeout_s:.0f} s:\n{tail(log)}")


def stop(
    process: "subprocess.Popen[bytes]", how: signal.Signals = signal.SIGTERM, timeout_s: float = 20
) -> int:
    """Signal the process, wait for its end (killing it after `timeout_s`) and return its exit code."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def tail(log: Path, lines: int = 60) -> str:
    """The last lines of a log file."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])


def answers(port: int) -> bool:
    """Whether something accepts TCP connections on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
