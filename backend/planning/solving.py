"""Solving one evening in a process of its own; how far it is stands in a file that the parent reads."""

import contextlib
import logging
from pathlib import Path

from routing.incident import Incident
from routing.night import NightPlan, NightRequest, Progress, plan_night
from routing.warm import warm_up

log = logging.getLogger(__name__)

STAGE_ENDS = {"streets": 0.1, "hotspots": 0.2, "distances": 0.3, "routes": 0.95, "lines": 1.0}
"""The share of the whole that is done at the end of each stage."""


def solve_night(
    streets: Path, incidents: list[Incident], request: NightRequest, seed: int, progress_file: Path
) -> NightPlan:
    """`plan_night`, writing the share done (0 to 1) into `progress_file`; ends early once its folder is gone.

    Raises what `plan_night` raises.
    """

    def tell(progress: Progress) -> None:
        # The parent removes the folder when it has stopped waiting.
        with contextlib.suppress(FileNotFoundError):
            progress_file.write_text(f"{share_done(progress):.3f}")

    def nobody_waits() -> bool:
        return not progress_file.parent.exists()

    warm_up(log.warning)

    return plan_night(incidents, streets, request, seed=seed, on_progress=tell, should_stop=nobody_waits)


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
