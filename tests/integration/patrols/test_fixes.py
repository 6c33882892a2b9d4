"""Positions are kept once, only of walkers, only of their walk, and acknowledged only when they are on disk."""

import asyncio
import datetime as dt
import itertools
import random
import uuid
from types import ModuleType
from typing import Any

import pytest
from tortoise.exceptions import BaseORMException, IntegrityError

from backend.core import clock as core_clock
from backend.core import metrics
from backend.core.db import connection, execute
from backend.core.ids import uuid7
from backend.core.sessions import Actor
from backend.patrols import ingest, service
from backend.patrols.ingest import FixWriter, Walking
from backend.patrols.models import Fix, LivePosition, Patrol, PatrolMember
from backend.patrols.schemas import FixIn, PatrolFinish
from tests.support.app import ApiClient
from tests.support.evening import Evening, finish, fix, person_behind, send, walk


async def stored_ids() -> set[str]:
    """The ids of all positions in the database."""
    return {str(fix_id) for fix_id in await Fix.all().values_list("id", flat=True)}


async def test_sending_again_changes_nothing(evening: Evening, walker: ApiClient) -> None:
    """Twice, three times, all at once, in another order: the first is counted stored, the rest duplicates."""
    patrol = await evening.started(walker)
    fixes = walk(core_clock.now(), [(60, 0)])
    core_clock.advance(dt.timedelta(minutes=2))
    first = (await send(walker, patrol, fixes)).json()
    assert first == {"stored": len(fixes), "duplicates": 0, "refused": []}
    rows = await Fix.all().order_by("id").values()
    for again in (fixes, fixes[::-1], fixes[3:] + fixes):
        assert (await send(walker, patrol, again)).json() == {
            "stored": 0,
            "duplicates": len(again),
            "refused": [],
        }
    assert await Fix.all().order_by("id").values() == rows


async def test_a_retry_that_overtakes_its_first_try_is_counted_once(
    evening: Evening, walker: ApiClient
) -> None:
    """The same batch three times at the same moment: together they stored each position once."""
    patrol = await evening.started(walker)
    fixes = walk(core_clock.now(), [(100, 0)])
    core_clock.advance(dt.timedelta(minutes=3))
    answers = [
        answer.json() for answer in await asyncio.gather(*(send(walker, patrol, fixes) for _ in range(3)))
    ]
    assert sum(answer["stored"] for answer in answers) == len(fixes) == await Fix.all().count()
    assert sum(answer["duplicates"] for answer in answers) == 2 * len(fixes)


async def test_partly_new_batches_and_any_order(evening: Evening, walker: ApiClient) -> None:
    """What is new is stored; the last position is the newest one, not the last to arrive."""
    patrol = await evening.started(walker)
    fixes = walk(core_clock.now(), [(120, 0)])
    core_clock.advance(dt.timedelta(minutes=5))
    assert (await send(walker, patrol, fixes[10:])).json()["stored"] == len(fixes) - 10
    mixed = fixes[:15]
    random.Random(1).shuffle(mixed)
    assert (await send(walker, patrol, mixed)).json() == {"stored": 10, "duplicates": 5, "refused": []}
    live = await LivePosition.all().get()
    assert (live.at.isoformat(), live.lon) == (fixes[-1]["at"], pytest.approx(fixes[-1]["lon"]))


async def test_positions_from_outside_the_walk_are_refused_one_by_one(
    evening: Evening, walker: ApiClient
) -> None:
    """Before the start, more than five minutes ahead, more than a minute after the end: each with its code."""
    patrol = await evening.started(walker)
    began = core_clock.now()
    core_clock.advance(dt.timedelta(minutes=10))
    now = core_clock.now()
    early, ahead, good = fix(began - dt.timedelta(seconds=2)), fix(now + dt.timedelta(seconds=301)), fix(now)
    answer = (await send(walker, patrol, [early, good, ahead])).json()
    assert answer["stored"] == 1 and await stored_ids() == {good["id"]}
    assert answer["refused"] == [
        {"id": early["id"], "code": "before-start"},
        {"id": ahead["id"], "code": "future"},
    ]
    await finish(walker, patrol)
    core_clock.advance(dt.timedelta(minutes=10))
    late, last = fix(now + dt.timedelta(seconds=61)), fix(now + dt.timedelta(seconds=59))
    answer = (await send(walker, patrol, [late, last])).json()
    assert answer["stored"] == 1 and answer["refused"] == [{"id": late["id"], "code": "after-finish"}]
    assert await stored_ids() == {good["id"], last["id"]}


@pytest.mark.parametrize(
    ("offset", "kept"),
    [
        (-1.0, True),
        (-0.95, True),
        (-0.87, True),
        (-1.01, False),
        (60.0, True),
        (59.9999, True),
        (60.01, False),
    ],
)
async def test_the_bounds_are_the_same_in_code_and_database(
    evening: Evening, walker: ApiClient, offset: float, kept: bool
) -> None:
    """One second before the start and sixty after the end: what the one lets through, the other does not refuse."""
    patrol = await evening.started(walker)
    core_clock.advance(dt.timedelta(minutes=10, microseconds=123_457))
    await finish(walker, patrol)
    stored = await Patrol.get(id=patrol)
    core_clock.advance(dt.timedelta(minutes=10))
    edge = stored.started_at if offset < 0 else stored.finished_at
    assert edge is not None
    answer = await send(walker, patrol, [fix(edge + dt.timedelta(seconds=offset))])
    assert answer.status_code == 200, answer.text
    assert answer.json()["stored"] == int(kept)


async def test_late_positions_count_until_the_verdict(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """A phone that was offline sends its walk after the end: the patrol is measured anew; after the verdict no more."""
    patrol = await evening.started(walker)
    fixes = walk(core_clock.now(), [(400, 0)])
    core_clock.advance(dt.timedelta(minutes=10))
    assert (await finish(walker, patrol)).json()["length_m"] == 0
    await send(walker, patrol, fixes[: len(fixes) // 2])
    half = (await officer.get(f"/api/patrols/{patrol}")).json()
    await send(walker, patrol, fixes)
    whole = (await officer.get(f"/api/patrols/{patrol}")).json()
    assert half["length_m"] == pytest.approx(200, rel=0.15) and whole["length_m"] == pytest.approx(
        400, rel=0.1
    )
    await officer.post(f"/api/patrols/{patrol}/review", json={"decision": "accepted"})
    await send(walker, patrol, [fix(core_clock.now() - dt.timedelta(minutes=1), 5000)])
    assert (await officer.get(f"/api/patrols/{patrol}")).json()["length_m"] == whole["length_m"]


async def test_another_patrol_is_not_mine_to_send_to(
    evening: Evening, walker: ApiClient, officer: ApiClient
) -> None:
    """Not a stranger's, not as an officer, not an unknown one; also not a member's position under another's name."""
    patrol = await evening.started(await evening.walker())
    await evening.started(walker)
    await officer.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    for browser, wanted in itertools.product((walker, officer), (patrol, str(uuid7()))):
        if browser is officer or wanted == patrol:
            assert (await send(browser, wanted, [fix(core_clock.now())])).status_code == 404
    assert await Fix.all().count() == 0


async def test_a_batch_has_bounds(evening: Evening, walker: ApiClient) -> None:
    """One to five hundred positions; coordinates, accuracy, speed and heading within sense; times with a zone."""
    patrol = await evening.started(walker)
    now = core_clock.now()
    for wrong in (
        [],
        [fix(now)] * 501,
        [fix(now, lon=181)],
        [fix(now, lat=-91)],
        [fix(now, accuracy_m=-1)],
        [fix(now, speed_m_s="nan")],
        [fix(now, heading_deg=400)],
        [{**fix(now), "at": "2026-06-05T11:00:00"}],
        [{**fix(now), "at": "soon"}],
    ):
        assert (await send(walker, patrol, wrong)).status_code == 422, wrong[:1]
    many = [fix(now + dt.timedelta(milliseconds=number)) for number in range(500)]
    assert (await send(walker, patrol, many)).json()["stored"] == 500
    ends = [{**fix(now), "at": at} for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")]
    assert [each["code"] for each in (await send(walker, patrol, ends)).json()["refused"]] == [
        "before-start",
        "future",
    ]


async def test_the_database_itself_keeps_positions_inside_patrols(
    evening: Evening, walker: ApiClient
) -> None:
    """Whoever writes: no stranger's, none before, none after, none moved afterwards; a right one is kept."""
    patrol = await evening.started(walker)
    person, stranger = await person_behind(walker), await evening.district.volunteer()
    core_clock.advance(dt.timedelta(minutes=10))
    began = core_clock.now() - dt.timedelta(minutes=10)

    async def insert(user_id: uuid.UUID, at: dt.datetime, patrol_id: Any = patrol) -> None:
        await execute(
            "INSERT INTO fix (id, patrol_id, user_id, at, lon, lat, accuracy_m, received_at) VALUES (?, ?, ?, ?, 1, 1, 1, ?)",
            uuid7(), uuid.UUID(str(patrol_id)), user_id, at, core_clock.now(),
        )  # fmt: skip

    await insert(person.id, core_clock.now())
    await finish(walker, patrol)
    over = core_clock.now()
    for user_id, at, where in (
        (stranger.id, began + dt.timedelta(minutes=5), patrol),
        (person.id, began - dt.timedelta(seconds=5), patrol),
        (person.id, over + dt.timedelta(seconds=65), patrol),
        (person.id, began + dt.timedelta(minutes=5), uuid7()),
    ):
        with pytest.raises(BaseORMException, match=r"outside of a patrol|violates"):
            await insert(user_id, at, where)
    kept = await Fix.all().get()
    for change in ("at = '2030-01-01 00:00:00+00:00'", f"user_id = '{stranger.id}'"):
        with pytest.raises(BaseORMException, match="never changed"):
            await connection().execute_query(f"UPDATE fix SET {change}")
    assert (await Fix.all().get()).at == kept.at
    assert await Fix.all().count() == 1


async def walkings(evening: Evening, count: int) -> list[Walking]:
    """So many running free patrols."""
    made: list[Walking] = []
    started_at = core_clock.now()
    for _ in range(count):
        person = await evening.district.volunteer()
        patrol = await Patrol.create(
            id=uuid7(),
            area_id=evening.district.communities[0].id,
            kind="free_patrol",
            started_by=person.id,
            started_at=started_at,
        )
        await PatrolMember.create(
            id=uuid7(), patrol_id=patrol.id, user_id=person.id, leader=True, joined_at=started_at
        )
        made.append(Walking(patrol.id, person.id, evening.district.communities[0].path, started_at, None))
    return made


def position(at: dt.datetime, **changes: Any) -> FixIn:
    """A position as the writer takes it."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "at": at,
        "lon": 120.7,
        "lat": 28.0,
        "accuracy_m": 5.0,
        **changes,
    }
    return FixIn(**values)


async def test_fifty_phones_share_a_few_transactions(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while one write is under way goes with the next; everyone's positions are there when told so."""
    writes = 0
    real = ingest._insert

    async def counted(new: list[Any]) -> set[uuid.UUID]:
        nonlocal writes
        writes += 1
        return await real(new)

    monkeypatch.setattr(ingest, "_insert", counted)
    writer = FixWriter()
    everyone = await walkings(evening, 50)

    async def phone(walking: Walking) -> int:
        fixes = [position(walking.started_at + dt.timedelta(seconds=number)) for number in range(10)]
        stored = await writer.store(walking, fixes)
        assert await Fix.filter(patrol_id=walking.patrol_id).count() == 10
        return stored.stored

    assert await asyncio.gather(*(phone(walking) for walking in everyone)) == [10] * 50
    assert await Fix.all().count() == 500 and await LivePosition.all().count() == 50
    assert writes <= 5
    await writer.close()


async def test_one_bad_batch_harms_nobody_else(evening: Evening) -> None:
    """A walk that is none, among twenty written together: it alone fails, the others are stored."""
    writer = FixWriter()
    everyone = await walkings(evening, 20)
    stranger = await evening.district.volunteer()
    bad = Walking(everyone[0].patrol_id, stranger.id, everyone[0].area_path, everyone[0].started_at, None)
    answers = await asyncio.gather(
        *(
            writer.store(walking, [position(walking.started_at)])
            for walking in [*everyone[:10], bad, *everyone[10:]]
        ),
        return_exceptions=True,
    )
    failed = [number for number, answer in enumerate(answers) if isinstance(answer, BaseException)]
    assert failed == [10] and isinstance(answers[10], IntegrityError)
    assert await Fix.all().count() == 20
    assert (await writer.store(everyone[0], [position(everyone[0].started_at)])).stored == 1
    await writer.close()


async def test_a_phone_that_hangs_up_leaves_its_positions_and_the_writer_alive(evening: Evening) -> None:
    """Cancelled callers harm neither their own nor the others' positions."""
    writer = FixWriter()
    everyone = await walkings(evening, 12)
    callers = [
        asyncio.create_task(writer.store(walking, [position(walking.started_at)])) for walking in everyone
    ]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [True, False] * 6
    await writer.close()
    assert await Fix.all().count() == 12


async def test_a_walk_that_ends_while_its_batch_waits_is_no_error(
    evening: Evening, walker: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finish overtakes the positions: what lies within the walk is stored, what does not is refused with a code."""
    patrol = await evening.started(walker)
    began = core_clock.now()
    core_clock.advance(dt.timedelta(minutes=20))
    inside, outside = fix(began + dt.timedelta(minutes=5)), fix(began + dt.timedelta(minutes=15))
    real = service.writer.store
    overtaken = False

    async def slow(walking: Walking, fixes: list[FixIn]) -> Any:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            await finish(walker, patrol, at=began + dt.timedelta(minutes=10))
        return await real(walking, fixes)

    monkeypatch.setattr(service.writer, "store", slow)
    answer = await send(walker, patrol, [inside, outside])
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "stored": 1,
        "duplicates": 0,
        "refused": [{"id": outside["id"], "code": "after-finish"}],
    }
    assert await LivePosition.all().count() == 0


async def test_nobody_who_came_home_is_left_on_the_map(evening: Evening) -> None:
    """Positions and the end of the walk at the same moment, many times: no last position outlives its walk."""
    writer = FixWriter()
    everyone = await walkings(evening, 25)

    async def go_home(walking: Walking) -> None:
        actor = Actor(walking.user_id, uuid7(), (), None)
        await service.finish(actor, walking.patrol_id, PatrolFinish(walking.started_at))

    async def phone(walking: Walking) -> None:
        for _ in range(4):
            try:
                await writer.store(walking, [position(walking.started_at)])
            except IntegrityError:
                return

    await asyncio.gather(*(work(walking) for walking in everyone for work in (phone, go_home)))
    await writer.close()
    assert await PatrolMember.filter(state="walking").count() == 0
    assert await LivePosition.all().count() == 0


async def test_positions_are_told_to_the_desk_once_they_are_stored(
    evening: Evening, walker: ApiClient, clock: ModuleType
) -> None:
    """On the district's channel, the newest of a batch, after its commit."""
    from backend.core import bus

    patrol = await evening.started(walker)
    core_clock.advance(dt.timedelta(seconds=30))
    newest = fix(core_clock.now(), 50)
    with bus.subscribe("positions:lewan") as moves:
        await send(walker, patrol, [newest, fix(core_clock.now() - dt.timedelta(seconds=5))])
        told = await asyncio.wait_for(anext(aiter(moves)), 5)
    assert told["patrol_id"] == patrol and told["lon"] == newest["lon"] and told["at"] == newest["at"]


async def test_what_is_refused_is_counted(evening: Evening, walker: ApiClient) -> None:
    """By its code, also for want of consent: whoever runs the server sees that phones send what cannot be kept."""

    def counted(result: str) -> float:
        return metrics.registry.get_sample_value("lexun_positions_total", {"result": result}) or 0.0

    patrol = await evening.started(walker)
    before = {code: counted(code) for code in ("no-consent", "future", "absurd", "stored")}
    ahead, nowhere = core_clock.now() + dt.timedelta(minutes=6), {"lon": 0.0, "lat": 0.0}
    await send(walker, patrol, [fix(core_clock.now()), fix(ahead), fix(core_clock.now(), **nowhere)])
    await walker.put("/api/me/consents/whereabouts", json={"granted": False, "version": 1})
    refused = await send(walker, patrol, [fix(core_clock.now()) for _ in range(4)])
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-required")
    new = {code: counted(code) - count for code, count in before.items()}
    assert new == {"no-consent": 4, "future": 1, "absurd": 1, "stored": 1}
    assert await Fix.all().count() == 1


async def test_volunteers_are_held_to_a_sane_rate(evening: Evening, walker: ApiClient) -> None:
    """A phone gone mad is told to wait, whatever it sends."""
    patrol = await evening.started(walker)
    codes = [(await walker.post(f"/api/patrols/{patrol}/fixes", json={})).status_code for _ in range(250)]
    assert set(codes) == {422, 429} and codes.index(429) >= 240
