"""Solving one evening in a process of its own; how far it is stands in a file that the parent reads."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from routing.incident import Incident
from routing.night import NightRequest, Progress, TeamPlan, TeamRequest, plan_night
from routing.outlook_spots import Hotspot
from routing.redo import PACES_MPS, RedoRoute, RedoStop, WalkedRoute, walk

STAGE_ENDS = {"streets": 0.1, "hotspots": 0.2, "distances": 0.3, "routes": 0.95, "lines": 1.0}
"""The share of the whole that is done at the end of each stage."""


ENOUGH = "enough"
"""The name of the file with which the parent says that the best so far will do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one evening is solved for; `profiles` has one entry a team of the request."""

    request: NightRequest
    profiles: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Solved:
    """The hotspots found, and each team's route with its own pace."""

    hotspots: tuple[Hotspot, ...]
    routes: tuple[WalkedRoute, ...]


def solve_night(streets: Path, incidents: list[Incident], wanted: Wanted, progress_file: Path) -> Solved:
    """`plan_night`, writing the share done (0 to 1) into `progress_file`; ends early once its folder is gone, or
    holds a file `ENOUGH`.

    Raises what `plan_night` raises.
    """

    def tell(progress: Progress) -> None:
        # The parent removes the folder when it has stopped waiting.
        with contextlib.suppress(FileNotFoundError):
            progress_file.write_text(f"{share_done(progress):.3f}")

    def will_do() -> bool:
        return not progress_file.parent.exists() or (progress_file.parent / ENOUGH).exists()

    # The plan holds for the slowest; each team's times are then its own.
    slowest = min(PACES_MPS[profile] for profile in wanted.profiles)
    night = plan_night(
        incidents,
        streets,
        replace(wanted.request, pace_mps=slowest),
        seed=wanted.seed,
        on_progress=tell,
        should_stop=will_do,
    )
    routes = [
        walk(streets, _as_redo(team, asked, profile, wanted.request.dwell_min))
        for team, asked, profile in zip(night.teams, wanted.request.teams, wanted.profiles, strict=True)
    ]
    return Solved(night.hotspots, tuple(routes))


def _as_redo(team: TeamPlan, asked: TeamRequest, profile: str, dwell_min: float) -> RedoRoute:
    stops = tuple(
        RedoStop(stop.hotspot, stop.lon, stop.lat, round(dwell_min * 60), stop.score) for stop in team.stops
    )
    return RedoRoute(team.team, profile, asked.start, asked.end or asked.start, asked.minutes, stops)


def share_done(progress: Progress) -> float:
    """How much of the whole is done, 0 to 1."""
    stages = list(STAGE_ENDS)
    place = stages.index(progress.stage)
    before = STAGE_ENDS[stages[place - 1]] if place else 0.0
    within = progress.done / progress.total if progress.total else 1.0
    return before + (STAGE_ENDS[progress.stage] - before) * min(1.0, within)


def read_share(progress_file: Path) -> float:
    """The share that the child wrote last, 0 before it wrote any."""
    try:
        return min(1.0, max(0.0, float(progress_file.read_text())))
    except (FileNotFoundError, ValueError):
        return 0.0
