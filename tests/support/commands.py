"""`lexun ...` as a process of its own without the second that each would spend on importing.

A server that has imported everything (multiprocessing's forkserver) forks one process per command. Where the start of
a process itself is proved, run `BIN / "lexun"` instead.
"""

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.support.processes import ROOT, project_environment

_PRELOADED = ["tests.support.commands_preload"]


def run_lexun(*words: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end with these settings, as a shell in the project's folder would."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = forking().Process(
            target=_command, args=(words, project_environment(environment), str(out), str(err))
        )
        process.start()
        process.join()
        code = process.exitcode
        assert code is not None
        done = subprocess.CompletedProcess(words, code, out.read_text("utf-8"), err.read_text("utf-8"))
        process.close()
        return done


def forking() -> ForkServerContext:
    """Starts processes as copies of one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _command(words: tuple[str, ...], environment: dict[str, str], out: str, err: str) -> None:
    """What the forked process does: become the command."""
    become(environment, out, err)
    main = importlib.import_module("backend.cli").main
    main(list(words), prog_name="lexun")


def become(environment: Mapping[str, str], out: str, err: str) -> None:
    """In a forked process: these variables, the project's folder, output into these files, no input."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for stream, path in ((1, out), (2, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream)
        os.close(file)
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - as long as the process
