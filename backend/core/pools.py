"""Where heavy work goes, so that the event loop stays free: threads for what releases the GIL, processes for the rest."""

import asyncio
import concurrent.futures
import contextvars
import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool

THREADS_MAX = 8
PROCESSES_MAX = 4
TASKS_PER_PROCESS = 64
"""After so many calls a process is replaced, so that memory a library keeps is given back."""
QUICK_TASKS_PER_PROCESS = 2_000

_threads: concurrent.futures.ThreadPoolExecutor | None = None
_processes: concurrent.futures.ProcessPoolExecutor | None = None
_quick: concurrent.futures.ProcessPoolExecutor | None = None


async def in_thread[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a thread and return its result; for image work, hashing and files."""
    global _threads
    if _threads is None:
        _threads = concurrent.futures.ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="lexun")
    context = contextvars.copy_context()
    call = functools.partial(context.run, functools.partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, call)


async def in_process[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in another process and return its result; for solving and forecasting.

    The function is named by its module, and it, its arguments and its result must be picklable. When a process
    dies (out of memory, killed) the call is tried once more in a new pool, then raises BrokenProcessPool; so the
    function must not have effects. A cancelled caller does not stop a call that has begun.
    """
    call = functools.partial(function, *args, **kwargs)
    try:
        return await _submit(call)
    except BrokenProcessPool:
        return await _submit(call)


async def at_once[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`in_process` for work of less than a second that somebody waits for: it never queues behind a long computation."""
    call = functools.partial(function, *args, **kwargs)
    try:
        return await _submit_quick(call)
    except BrokenProcessPool:
        return await _submit_quick(call)


async def _submit_quick[T](call: Callable[[], T]) -> T:
    global _quick
    if _quick is None:
        _quick = _new_processes(1, QUICK_TASKS_PER_PROCESS)
    pool = _quick
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, call)
    except BrokenProcessPool:
        if _quick is pool:
            _quick = None
            pool.shutdown(wait=False, cancel_futures=True)
        raise


async def _submit[T](call: Callable[[], T]) -> T:
    global _processes
    if _processes is None:
        count = max(1, min(PROCESSES_MAX, (os.process_cpu_count() or 2) - 1))
        _processes = _new_processes(count, TASKS_PER_PROCESS)
    pool = _processes
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, call)
    except BrokenProcessPool:
        if _processes is pool:  # several callers meet the same broken pool; one of them replaces it
            _processes = None
            pool.shutdown(wait=False, cancel_futures=True)
        raise


def _new_processes(count: int, tasks_each: int) -> concurrent.futures.ProcessPoolExecutor:
    return concurrent.futures.ProcessPoolExecutor(
        max_workers=count,
        mp_context=multiprocessing.get_context("spawn"),  # a fork would copy locks that other threads hold
        initializer=_begin_process,
        max_tasks_per_child=tasks_each,
    )


def _begin_process() -> None:
    """Ctrl-C is for the parent to answer; and a process whose parent was killed ends, instead of waiting for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


async def stop_pools() -> None:
    """Let go of the pools; calls that run in a process are abandoned and their processes ended."""
    global _threads, _processes, _quick
    threads, _threads = _threads, None
    pools = [pool for pool in (_processes, _quick) if pool is not None]
    _processes = _quick = None
    if threads is not None:
        await asyncio.to_thread(threads.shutdown, cancel_futures=True)
    for pool in pools:
        children = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.terminate()
