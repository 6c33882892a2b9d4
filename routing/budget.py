"""How long to search: in moves, so that the same plan comes out again, or on the clock; and when to be asked to stop."""

import time
from collections.abc import Callable
from typing import Protocol


class Budget(Protocol):
    """What may still be spent on a search."""

    def chunk(self) -> int:
        """How many moves to make before asking again; 0 when it is over."""
        ...

    def spend(self, moves: int) -> None:
        """So many moves were made."""
        ...

    @property
    def moves_left(self) -> float:
        """About how many moves are left."""
        ...

    @property
    def share_done(self) -> float:
        """How much of it is spent, 0 to 1."""
        ...

    @property
    def seconds_left(self) -> float | None:
        """Seconds on the wall until it is over; None where the wall does not matter."""
        ...


class MoveBudget:
    """So many moves."""

    CHUNK = 1000

    def __init__(self, moves: int) -> None:
        self._moves = self._left = moves

    def chunk(self) -> int:
        """At most CHUNK moves."""
        return min(self.CHUNK, self._left)

    def spend(self, moves: int) -> None:
        """Take them off."""
        self._left -= moves

    @property
    def moves_left(self) -> float:
        """Exactly how many are left."""
        return float(self._left)

    @property
    def share_done(self) -> float:
        """By moves."""
        return 1 - self._left / self._moves if self._moves else 1.0

    @property
    def seconds_left(self) -> float | None:
        """None: the wall does not matter."""
        return None


class ClockBudget:
    """So many seconds on the wall."""

    CHUNK_S = 0.015
    FIRST_CHUNK = 50
    LEAST_S = 0.002

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.perf_counter() + seconds
        self._chunk_began = time.perf_counter()
        self._moves_per_s = 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds until it is over."""
        return self._ends - time.perf_counter()

    def chunk(self) -> int:
        """About CHUNK_S of moves."""
        self._chunk_began = time.perf_counter()
        left_s = self.seconds_left
        if left_s < self.LEAST_S:
            return 0
        if not self._moves_per_s:
            return self.FIRST_CHUNK
        return max(1, int(min(self.CHUNK_S, left_s) * self._moves_per_s))

    def spend(self, moves: int) -> None:
        """Learn how fast they were."""
        speed = moves / max(1e-6, time.perf_counter() - self._chunk_began)
        self._moves_per_s = 0.7 * self._moves_per_s + 0.3 * speed if self._moves_per_s else speed

    @property
    def moves_left(self) -> float:
        """At the present speed."""
        return max(1.0, self.seconds_left * (self._moves_per_s or self.FIRST_CHUNK / self.CHUNK_S))

    @property
    def share_done(self) -> float:
        """By the clock."""
        return min(1.0, 1 - self.seconds_left / self._seconds)


class Slice:
    """Some moves of a larger budget, which several searches may take from at the same time."""

    def __init__(self, whole: Budget, moves: int) -> None:
        self._whole = whole
        self._own = MoveBudget(moves)

    def chunk(self) -> int:
        """What both allow."""
        return min(self._own.chunk(), self._own.CHUNK if self._whole.chunk() else 0)

    def spend(self, moves: int) -> None:
        """Take them off its own; the larger budget is charged when all are done."""
        self._own.spend(moves)

    @property
    def moves_left(self) -> float:
        """Of its own."""
        return self._own.moves_left

    @property
    def share_done(self) -> float:
        """Of its own."""
        return self._own.share_done

    @property
    def seconds_left(self) -> float | None:
        """Of the larger one."""
        return self._whole.seconds_left


class Interruptible:
    """A budget that is over once `should_stop` says so; asked at most every ASK_S seconds, and never before a move."""

    ASK_S = 0.015

    def __init__(self, budget: Budget, should_stop: Callable[[], bool]) -> None:
        self._budget, self._should_stop = budget, should_stop
        self._asked, self._is_over, self._has_begun = 0.0, False, False

    def chunk(self) -> int:
        """0 once asked to stop."""
        now = time.perf_counter()
        if self._has_begun and not self._is_over and now - self._asked >= self.ASK_S:
            self._asked, self._is_over = now, self._should_stop()
        return 0 if self._is_over else self._budget.chunk()

    def spend(self, moves: int) -> None:
        """Pass it on."""
        self._has_begun = True
        self._budget.spend(moves)

    @property
    def moves_left(self) -> float:
        """As if nobody interrupted."""
        return self._budget.moves_left

    @property
    def share_done(self) -> float:
        """As if nobody interrupted."""
        return self._budget.share_done

    @property
    def seconds_left(self) -> float | None:
        """As if nobody interrupted."""
        return self._budget.seconds_left
