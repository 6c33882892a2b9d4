"""Identifiers: UUID version 7 (RFC 9562), so that rows made together lie together in every index."""

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last_ms = 0
_counter = 0
_COUNTER_BITS = 12


def as_uuid(value: uuid.UUID | str) -> uuid.UUID:
    """An identifier as it comes out of either engine: SQLite keeps it as text."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def uuid7() -> uuid.UUID:
    """A new identifier; later calls in this process always sort after earlier ones (RFC 9562, method 1)."""
    global _last_ms, _counter
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms = now_ms
            _counter = int.from_bytes(os.urandom(2)) >> 5  # 11 bits: room to count up within the millisecond
        else:
            _counter += 1
            if _counter >> _COUNTER_BITS:
                _last_ms += 1
                _counter = 0
        timestamp_ms, counter = _last_ms, _counter
    random_bits = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return uuid.UUID(int=timestamp_ms << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random_bits)
