"""Threads and processes for heavy work, and that a dying process does not take the pool with it."""

import asyncio
import contextvars
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from backend.core import pools
from tests.support.processes import ROOT, project_environment

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="")


@pytest.fixture(autouse=True)
async def stopped() -> AsyncIterator[None]:
    """No pool outlives its test."""
    yield
    await pools.stop_pools()


def die_first_time(mark: str) -> str:
    """Kill this process, as a lack of memory would, unless it was done before."""
    path = Path(mark)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def die_always() -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def divide(a: int, b: int = 1) -> tuple[float, int]:
    """A quotient, and who computed it."""
    return a / b, os.getpid()


async def test_work_is_done_in_another_process() -> None:
    """Arguments, results and exceptions travel; the event loop's process is not the one that works."""
    quotient, process_id = await pools.in_process(divide, 6, b=4)
    assert quotient == 1.5 and process_id != os.getpid()
    with pytest.raises(ZeroDivisionError):
        await pools.in_process(divide, 1, 0)


async def test_a_process_that_dies_once_is_replaced(tmp_path: Path) -> None:
    """The call is tried again in a new pool, and other calls go on."""
    assert await pools.in_process(die_first_time, str(tmp_path / "died")) == "survived"
    assert (await pools.in_process(divide, 4, 2))[0] == 2


async def test_a_call_that_always_kills_its_process_fails() -> None:
    """It is not tried for ever, and the pool works afterwards."""
    with pytest.raises(BrokenProcessPool):
        await pools.in_process(die_always)
    assert (await pools.in_process(divide, 4, 2))[0] == 2


async def test_threads_carry_the_context() -> None:
    """What is bound for the log in a request is bound in its threads too; the loop goes on meanwhile."""
    NAME.set("request 1")
    assert await pools.in_thread(NAME.get) == "request 1"
    loop = asyncio.get_running_loop()
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(loop.time())
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    await pools.in_thread(time.sleep, 0.2)
    ticking.cancel()
    assert len(ticks) > 2


PARENT = """
import asyncio, sys
from backend.core import pools
from tests.support.processes import ROOT, project_environment
from tests.support.pool_work import report_and_stay

if __name__ == "__main__":
    asyncio.run(pools.in_process(report_and_stay, sys.argv[1]))
"""


async def test_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    """A server that is killed does not leave solvers running that nobody waits for."""
    script, mark = tmp_path / "parent.py", tmp_path / "process_id"
    script.write_text(PARENT)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, script, mark, cwd=ROOT, env=project_environment({"PYTHONPATH": str(ROOT)})
    )
    async with asyncio.timeout(60):
        while not (mark.exists() and mark.read_text()):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        process_id = int(mark.read_text())
        parent.kill()
        await parent.wait()
        while is_running(process_id):  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(0.02)


def is_running(process_id: int) -> bool:
    """Whether the process is there and not just waiting to be buried."""
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
