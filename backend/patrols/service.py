"""Use cases of patrols: what the API and the other features may ask for. Each lives in the module it is taken from."""

from backend.patrols.looking import get, listed, my_past, running, track_of
from backend.patrols.overview import Nearby, counts, coverage, live, nearby
from backend.patrols.refusals import (
    AlreadyPatrolling,
    AlreadyReviewed,
    ConsentRequired,
    OwnPatrol,
    PatrolRunning,
)
from backend.patrols.reviewing import review
from backend.patrols.starting import start
from backend.patrols.walking import (
    add_fixes,
    finish,
    finish_forgotten,
    finish_withdrawn,
    store_fixes,
    writer,
)
from backend.patrols.wire import patrol_out

__all__ = [
    "AlreadyPatrolling", "AlreadyReviewed", "ConsentRequired", "Nearby", "OwnPatrol", "PatrolRunning", "add_fixes",
    "counts", "coverage", "finish", "finish_forgotten", "finish_withdrawn", "get", "listed", "live", "my_past",
    "nearby", "patrol_out", "review", "running", "start", "store_fixes", "track_of", "writer",
]  # fmt: skip
