"""Use cases of patrols: what the API and the other features may ask for. Each lives in the module it is taken from."""

from backend.patrols.appealing import appeal
from backend.patrols.appealing import decide as decide_appeal
from backend.patrols.checkpoints import change as change_checkpoint
from backend.patrols.checkpoints import code_of as checkpoint_code
from backend.patrols.checkpoints import create as create_checkpoint
from backend.patrols.checkpoints import listed as list_checkpoints
from backend.patrols.evidence import evidence
from backend.patrols.following import follow
from backend.patrols.forgetting import forget
from backend.patrols.homes import forget_quiet_home, quiet_home, set_quiet_home
from backend.patrols.hours import PastWalk, Served, past_walks, served
from backend.patrols.looking import get, listed, my_past, running, track_of
from backend.patrols.mates import mates
from backend.patrols.matters import add_logs, undo_log
from backend.patrols.measuring import match
from backend.patrols.overview import (
    Nearby,
    Walk,
    Walked,
    Whereabouts,
    counts,
    coverage,
    live,
    nearby,
    walk_of,
    walked_by_area,
    walking_inside,
    whereabouts,
)
from backend.patrols.package import walk_package
from backend.patrols.receipts import export_gpx, export_json, receipt
from backend.patrols.refusals import (
    AlreadyPatrolling,
    AlreadyReviewed,
    ConsentRequired,
    NightTeamNeeded,
    OwnPatrol,
    PatrolRunning,
)
from backend.patrols.reviewing import review
from backend.patrols.starting import start
from backend.patrols.teaming import add as add_mate
from backend.patrols.teaming import companion_code, hand_over, join
from backend.patrols.trackers import (
    close_tracker,
    from_gpslogger,
    from_gpx,
    from_osmand,
    from_owntracks,
    open_tracker,
)
from backend.patrols.visiting import add_photo_piece, photo_of, photo_progress, visit, visits_of
from backend.patrols.walked_cells import walked_cells
from backend.patrols.walking import (
    add_fixes,
    finish,
    finish_forgotten,
    finish_withdrawn,
    go_on,
    store_fixes,
    writer,
)
from backend.patrols.wire import patrol_out

__all__ = [
    "AlreadyPatrolling", "AlreadyReviewed", "ConsentRequired", "Nearby", "NightTeamNeeded", "OwnPatrol",
    "PastWalk", "PatrolRunning", "Served", "Walk", "Walked", "Whereabouts", "add_fixes", "add_logs",
    "add_mate", "add_photo_piece", "appeal", "change_checkpoint", "checkpoint_code", "close_tracker",
    "companion_code", "counts", "coverage", "create_checkpoint", "decide_appeal", "evidence", "export_gpx",
    "export_json", "finish", "finish_forgotten", "finish_withdrawn", "follow", "forget",
    "forget_quiet_home", "from_gpslogger", "from_gpx", "from_osmand", "from_owntracks", "get", "go_on",
    "hand_over", "join", "list_checkpoints", "listed", "live", "match", "mates", "my_past", "nearby",
    "open_tracker", "past_walks", "patrol_out", "photo_of", "photo_progress", "quiet_home", "receipt",
    "review", "running", "served", "set_quiet_home", "start", "store_fixes", "track_of", "undo_log",
    "visit", "visits_of", "walk_of", "walk_package", "walked_by_area", "walked_cells", "walking_inside", "whereabouts",
    "writer",
]  # fmt: skip
