"""Let a step run to its end although its caller was cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def finish[T](step: Coroutine[Any, Any, T]) -> T:
    """Await `step` to its end; a cancellation of the caller is raised only after that.

    A BEGIN, COMMIT or ROLLBACK that is abandoned half-way leaves the connection in a state nobody knows, so these
    steps are never abandoned.
    """
    task = asyncio.ensure_future(step)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
        except BaseException:
            break
    if cancelled is not None:
        if not task.cancelled():
            task.exception()
        raise cancelled
    return task.result()
