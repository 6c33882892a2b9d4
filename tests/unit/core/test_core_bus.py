"""The bus within one process: order, bounds, and what a slow reader loses."""

import asyncio
import datetime as dt
import gc
import uuid

import pytest

from backend.core import bus


async def test_readers_of_a_channel_get_its_messages_in_order() -> None:
    """Every reader gets every message of its own channels, and none of the others'."""
    with bus.subscribe("area:1") as first, bus.subscribe("area:1", "area:2") as both:
        bus.publish("area:1", {"n": 1})
        bus.publish("area:2", {"n": 2})
        bus.publish("area:3", {"n": 3})
        assert await anext(first) == {"n": 1}
        assert [await anext(both), await anext(both)] == [{"n": 1}, {"n": 2}]
        assert bus.reader_count("area:1") == 2


async def test_a_message_is_the_same_whichever_way_it_came() -> None:
    """UUIDs and times arrive as text, as they would from another process."""
    thing = uuid.uuid4()
    with bus.subscribe("c") as reader:
        bus.publish("c", {"id": thing, "at": dt.datetime(2026, 6, 1, tzinfo=dt.UTC)})
        assert await anext(reader) == {"id": str(thing), "at": "2026-06-01T00:00:00Z"}


async def test_a_slow_reader_loses_the_oldest_and_is_told() -> None:
    """The backlog stays within its bound; the mark of the gap comes before what is left."""
    gap = {"kind": "gap"}
    with bus.subscribe("c", max_backlog=3) as plain, bus.subscribe("c", max_backlog=3, after_gap=gap) as told:
        for n in range(10):
            bus.publish("c", {"n": n})
        assert [await anext(plain) for _ in range(3)] == [{"n": 7}, {"n": 8}, {"n": 9}]
        assert plain.missed == 7
        received = [await anext(told) for _ in range(3)]
        assert received == [gap, {"n": 8}, {"n": 9}]


async def test_a_waiting_reader_is_woken_and_a_closed_one_released() -> None:
    """Waiting costs nothing until a message comes; closing ends the iteration instead of hanging."""
    reader = bus.subscribe("c")
    received: list[bus.Message] = []

    async def read() -> None:
        async for message in reader:
            received.append(message)

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    bus.publish("c", {"n": 1})
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert received == [{"n": 1}]
    reader.close()
    await asyncio.wait_for(task, 5)
    bus.publish("c", {"n": 2})
    assert received == [{"n": 1}]


async def test_a_cancelled_wait_leaves_the_reader_usable() -> None:
    """A stream that gives up waiting (to send a ping) can go on reading and misses nothing."""
    with bus.subscribe("c") as reader:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(reader)
        bus.publish("c", {"n": 1})
        assert await anext(reader) == {"n": 1}


async def test_forgotten_readers_and_channels_leave_nothing_behind() -> None:
    """Neither a closed nor a dropped reader keeps its channel's entry growing."""
    before = len(bus._readers)
    for n in range(100):
        with bus.subscribe(f"user:{n}"):
            pass
    assert len(bus._readers) == before
    dropped = bus.subscribe("dropped")
    del dropped
    gc.collect()
    bus.publish("dropped", {})
    assert bus.reader_count("dropped") == 0


def test_a_backlog_of_nothing_is_refused() -> None:
    """The error names the value."""
    with pytest.raises(ValueError, match="max_backlog=0"):
        bus.subscribe("c", max_backlog=0)
