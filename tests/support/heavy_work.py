"""Heavy work in a thread of the test's own process, which has imported everything already."""

import asyncio
import pickle
from collections.abc import Callable

import pytest

from backend.core import pools


def heavy_work_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to other processes is computed in a thread of this one.

    It is pickled there and back all the same. Tests marked `real_processes` use the pools that the server uses.
    """
    if "real_processes" in request.keywords:
        return

    async def here[T](call: Callable[[], T]) -> T:
        sent: Callable[[], T] = pickle.loads(pickle.dumps(call))
        try:
            return pickle.loads(pickle.dumps(await asyncio.to_thread(sent)))
        except Exception as error:
            raise pickle.loads(pickle.dumps(error)) from error

    for name in ("_submit", "_submit_quick"):
        monkeypatch.setattr(pools, name, here)
