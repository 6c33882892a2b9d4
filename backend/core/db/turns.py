"""Turns on the one connection to SQLite: first come, first served, and who comes next is known ahead."""

import asyncio
from collections import deque

from tortoise.exceptions import OperationalError


class SharedCommitFailed(OperationalError):
    """The commit that several units shared failed, whosever fault it was: each is worth a try of its own."""


class Turns:
    """A lock that tells whether the next in line would share what the holder has open."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()

    async def acquire(self, *, shares: bool = False) -> bool:
        """Wait for the turn. Whoever is cancelled just as it was given passes it on."""
        if not self._held:
            self._held = True
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, shares))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise
        return True

    def release(self) -> None:
        """Give the turn to the next in line."""
        while self._waiting:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._held = False

    def locked(self) -> bool:
        """Whether somebody has the turn."""
        return self._held

    def next_shares(self) -> bool:
        """Whether the next in line would share."""
        return next((shares for turn, shares in self._waiting if not turn.done()), False)
