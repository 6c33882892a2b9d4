"""Solving one evening in a process of its own; how far it is stands in a file that the parent reads."""

import contextlib
import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from backend.incidents.service import History
from routing.incident import Incident
from routing.kinds import rule_of
from routing.night import NightPlan, NightRequest, Progress, RouteSketch, TeamPlan, plan_night
from routing.outlook_file import unpack
from routing.outlook_spots import Hotspot
from routing.redo import RedoStop, WalkedRoute, warm
from routing.tonight import Choices, as_alike_as_can_be
from routing.warm import warm_up

log = logging.getLogger(__name__)

STAGE_ENDS = {"streets": 0.1, "hotspots": 0.2, "distances": 0.3, "routes": 0.95, "lines": 1.0}
"""The share of the whole that is done at the end of each stage."""
ENOUGH = "enough"
"""The name of the file with which the parent says that the best so far will do."""
DRAWS = {"loose": 0, "some": 1, "strict": 5}
"""How many plans are drawn from the mix, to take the one least like last night's."""
TOLD_EVERY_S = 0.4
LOAD_GAPS = {"loose": (1.0,), "some": (0.35, 0.6, 1.0), "strict": (0.15,)}
"""Differences between the shares of their time that two teams are out: the first that leaves a plan is held."""


class Sketch(msgspec.Struct):
    """How far the solving is (0 to 1), the best score so far, its share of all there is, and each team's route."""

    share: float
    score: float = 0.0
    worth: float = 0.0
    routes: list[RouteSketch] = []


@dataclass(frozen=True, slots=True)
class Solved:
    """The hotspots found, each team's route, how hard they are to guess, and how many incidents the
    hotspots were learned from."""

    hotspots: tuple[Hotspot, ...]
    routes: tuple[WalkedRoute, ...]
    choices: Choices | None
    incidents: int


def get_ready(streets: Path) -> None:
    """Load what solving needs, and the streets, into this process, so that the first evening does not wait for them."""
    warm_up(log.warning)
    warm(streets)


def solve_night(
    streets: Path,
    past: History | bytes,
    request: NightRequest,
    fairness: str,
    seed: int,
    progress_file: Path,
) -> Solved:
    """`plan_night`, writing a `Sketch` of how far it is into `progress_file`; ends early once its folder is gone, or
    holds a file `ENOUGH`.

    `past` is what to learn hotspots from, or an outlook that was learned already, packed. `fairness` is a key of
    `LOAD_GAPS`. Raises what `plan_night` raises.
    """
    incidents, outlook = ([], unpack(past)) if isinstance(past, bytes) else (past.incidents(), None)
    told = Teller(progress_file)

    def will_do() -> bool:
        return not progress_file.parent.exists() or (progress_file.parent / ENOUGH).exists()

    warm_up(log.warning)

    def planned(gap: float) -> NightPlan:
        return plan_night(
            incidents,
            streets,
            replace(request, load_gap_max=gap),
            seed=seed,
            outlook=outlook,
            on_progress=told,
            should_stop=will_do,
        )

    night = as_alike_as_can_be(LOAD_GAPS[fairness], planned)
    return Solved(
        night.hotspots,
        tuple(_walked(night, team) for team in night.teams),
        night.choices,
        _count(incidents, request) if outlook is None else outlook.learned_from,
    )


def _count(incidents: Sequence[Incident], request: NightRequest) -> int:
    """How many of the incidents hotspots are learned from."""
    return sum(each.source == "report" and rule_of(each.kind, request.rules).used for each in incidents)


class Teller:
    """Writes how far a plan is into a file, the routes not oftener than somebody can look."""

    def __init__(self, progress_file: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._file, self._now = progress_file, now
        self._sketch = Sketch(0.0)
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        self._sketch.share = max(self._sketch.share, share_done(progress))
        if progress.stage == "routes" and progress.score > 0 and self._now() >= self._next_s:
            self._next_s = self._now() + TOLD_EVERY_S
            self._sketch.score, self._sketch.worth = progress.score, progress.worth
            self._sketch.routes = list(progress.sketch())
        scratch = self._file.with_suffix(".new")
        # The parent removes the folder when it has stopped waiting.
        with contextlib.suppress(FileNotFoundError):
            scratch.write_bytes(msgspec.json.encode(self._sketch))
            scratch.replace(self._file)


def _walked(night: NightPlan, team: TeamPlan) -> WalkedRoute:
    def seconds(until: dt.datetime, since: dt.datetime) -> int:
        return round((until - since).total_seconds())

    return WalkedRoute(
        number=team.team,
        stops=tuple(
            RedoStop(stop.hotspot, stop.lon, stop.lat, seconds(stop.leave, stop.arrive), stop.score)
            for stop in team.stops
        ),
        arrive_s=tuple(seconds(stop.arrive, night.window_start) for stop in team.stops),
        walk_s=team.walk_s,
        dwell_s=team.dwell_s,
        length_m=team.length_m,
        geometry=team.geometry,
        hazards=team.hazards,
    )


def share_done(progress: Progress) -> float:
    """How much of the whole is done, 0 to 1."""
    stages = list(STAGE_ENDS)
    place = stages.index(progress.stage)
    before = STAGE_ENDS[stages[place - 1]] if place else 0.0
    within = progress.done / progress.total if progress.total else 1.0
    return before + (STAGE_ENDS[progress.stage] - before) * min(1.0, within)


def read_sketch(progress_file: Path) -> Sketch:
    """What the child told last; nothing done before it told anything."""
    try:
        return msgspec.json.decode(progress_file.read_bytes(), type=Sketch)
    except (FileNotFoundError, msgspec.MsgspecError):
        return Sketch(0.0)
