"""Compiles the route search and the matching of walks before they are needed, up to a minute once on every installation.

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
from routing.track_decode import Seen, decode, reach_of, way_through
from routing.track_lattice import Lattice

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


def warm_up_matching() -> None:
    """Compile or load the matching of walks to streets, on one cell of a street."""
    one, two = np.zeros(1), np.zeros(2)
    nowhere = np.zeros(2, dtype=np.bool_)
    onward = np.array([1, 0])
    lattice = Lattice(two, two, np.arange(3), onward, nowhere, one + 4.0, onward[:1], one, one + 4.0)
    seen = Seen(two, two, ~nowhere, two + 9.0, 5.0, two, two + 6.0, two + 4.0, two + 9.0)
    with _alone():
        way_through(lattice, decode(lattice, reach_of(lattice, 9.0), seen), 9.0)


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
    warm_up_matching()
    write_bytecode()
