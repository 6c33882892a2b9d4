"""Compiles the route search before it is needed, which takes up to a minute once on every installation.

Run as `python -m routing.warm`; the machine code is kept beside the sources (routing.kernel.compiled).
"""

import contextlib
import fcntl
import py_compile
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np

from routing.kernel.compiled import CACHE_FOLDER, is_cached
from routing.problem import PatrolProblem, Stop, Team
from routing.solve import solve

WALKS = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
PROBLEM = PatrolProblem(
    tuple(Stop(str(row), row, 1.0, 1.0) for row in range(2)),
    (Team("1", 2, 2, 10.0, (0.0, 10.0)),),
    WALKS,
    WALKS,
)


def warm_up(say: Callable[[str], object]) -> None:
    """Compile or load the search by solving a problem of two stops; `say` is told before and after if it takes long.

    Of several processes, one compiles and the others wait for it.
    """
    with _alone():
        began, was_cached = time.perf_counter(), is_cached()
        if not was_cached:
            say("compiling the route search, once on this installation; this can take a minute")
        solve(PROBLEM, seed=1, iterations=1)
        if not was_cached:
            say(f"compiled in {time.perf_counter() - began:.0f} s")


@contextlib.contextmanager
def _alone() -> Generator[None]:
    """Held by one process at a time, where there is a place to keep what is compiled."""
    if CACHE_FOLDER is None:
        yield
        return
    with (CACHE_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_bytecode() -> None:
    """Keep the byte code of all loaded modules: processes that may not write it start much faster where it is there."""
    for module in list(sys.modules.values()):
        source = Path(getattr(module, "__file__", None) or "")
        if source.suffix == ".py" and "site-packages" in source.parts:
            with contextlib.suppress(OSError, py_compile.PyCompileError):
                py_compile.compile(str(source), doraise=True)


if __name__ == "__main__":
    warm_up(print)
    write_bytecode()
