"""Demo: teams that walk their routes by simulation, sending positions through the same service as a phone."""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator

import structlog

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core import clock
from backend.demo import cast, tonight
from backend.patrols import service as patrols
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.schemas import FixBatch, FixIn, PatrolFinish
from backend.tasks import service as tasks
from routing.walker import Stop, Walker

log = structlog.get_logger(__name__)

STEP_S = 5
RENEW_EVERY_S = 60
BATCH_MAX = 400


class Beat:
    """One simulated team on its way."""

    def __init__(self, patrol: Patrol, leader: PatrolMember, area: Area, walker: Walker) -> None:
        self.patrol = patrol
        self.leader = leader
        self.area = area
        self.walker = walker
        self.sent_s = 0

    async def go_on(self) -> bool:
        """Send the positions due by now; returns False once the team is back."""
        elapsed_s = int((clock.now() - self.patrol.started_at).total_seconds())
        fixes: list[FixIn] = []
        while self.sent_s + STEP_S <= elapsed_s and len(fixes) < BATCH_MAX:
            self.sent_s += STEP_S
            position = self.walker.at(self.sent_s)
            if position is not None:
                fixes.append(self._fix(position.lon, position.lat, position.accuracy_m))
        if fixes:
            await patrols.store_fixes(self.patrol, self.leader, self.area, FixBatch(fixes=fixes))
        return self.sent_s < self.walker.duration_s

    def _fix(self, lon: float, lat: float, accuracy_m: float) -> FixIn:
        at = self.patrol.started_at + dt.timedelta(seconds=self.sent_s)
        return FixIn(
            id=cast.id_of(self.patrol.id, self.sent_s), at=at, lon=lon, lat=lat, accuracy_m=accuracy_m
        )


async def run() -> None:
    """Keep the evening alive and the teams walking, until cancelled."""
    beats: dict[uuid.UUID, Beat] = {}
    renewed_at = -float("inf")
    while True:
        moment = asyncio.get_running_loop().time()
        if moment - renewed_at >= RENEW_EVERY_S:
            renewed_at = moment
            with _logged("renew"):
                await tonight.renew()
            with _logged("find"):
                await _find_beats(beats)
        for patrol_id, beat in list(beats.items()):
            with _logged("walk"):
                if not await beat.go_on():
                    await _come_home(beat)
                    del beats[patrol_id]
        await asyncio.sleep(STEP_S)


@contextlib.contextmanager
def _logged(step: str) -> Iterator[None]:
    """One failing step must not end the demo."""
    try:
        yield
    except Exception:
        log.exception("demo_step_failed", step=step)


async def _find_beats(beats: dict[uuid.UUID, Beat]) -> None:
    """Take up the running patrols of simulated teams, also those of an earlier start of the server."""
    crew = {person.id for person in await cast.walkers(tonight.BEATS * tonight.TEAM_SIZE)}
    running = await PatrolMember.filter(user_id__in=list(crew), state="walking", leader=True) if crew else []
    for number, leader in enumerate(sorted(running, key=lambda member: member.user_id)):
        if leader.patrol_id in beats:
            continue
        patrol = await Patrol.get(id=leader.patrol_id)
        if patrol.task_id is None:
            continue
        task = await tasks.task(patrol.task_id)
        if task.route is None:
            continue
        walker = Walker(
            task.route.geometry["coordinates"],
            [Stop(stop.lon, stop.lat, stop.dwell_s) for stop in task.stops],
            seed=number,
            off_route=number == 1,
            gap=number == 2,
            pause=number == 0,
        )
        beats[patrol.id] = Beat(patrol, leader, await areas.get(patrol.area_id), walker)


async def _come_home(beat: Beat) -> None:
    person = await cast.Person.get(id=beat.leader.user_id)
    await patrols.finish(
        await tonight.actor_of(person), beat.patrol.id, PatrolFinish(finished_at=clock.now())
    )
