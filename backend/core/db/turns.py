"""Turns on the one connection to SQLite: first come, first served, and who comes next is known ahead."""

import asyncio
from collections import deque
from typing import Literal

from tortoise.exceptions import OperationalError


class SharedCommitFailed(OperationalError):
    """The commit that several units shared failed, whosever fault it was: each is worth a try of its own."""


class Turns(asyncio.Lock):
    """A lock that tells whether the next in line would share what the holder has open."""

    def __init__(self) -> None:
        super().__init__()
        self._held = False
        self._line: deque[tuple[asyncio.Future[None], bool]] = deque()

    async def acquire(self, *, shares: bool = False) -> Literal[True]:
        """Wait for the turn. Whoever is cancelled just as it was given passes it on."""
        if not self._held:
            self._held = True
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((turn, shares))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise
        return True

    def release(self) -> None:
        """Give the turn to the next in line."""
        while self._line:
            turn, _ = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._held = False

    def locked(self) -> bool:
        """Whether somebody has the turn."""
        return self._held

    def next_shares(self) -> bool:
        """Whether the next in line would share."""
        return next((shares for turn, shares in self._line if not turn.done()), False)
