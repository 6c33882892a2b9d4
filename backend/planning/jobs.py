"""Jobs of planning: solving, an end to waiting, and thinking again when something serious happened."""

import datetime as dt
import uuid

import msgspec

from backend.core.jobs import every, handler
from backend.incidents.service import ARRIVED_JOB
from backend.planning import night, proposals, warming
from backend.planning.editing import PROPOSE_JOB
from backend.planning.schemas import ProposalCause
from backend.planning.service import SOLVE_JOB


@handler(SOLVE_JOB, attempts_max=3)
async def solve(payload: dict) -> None:
    """Solve one plan."""
    await night.solve(uuid.UUID(payload["plan_id"]))


@handler(ARRIVED_JOB, attempts_max=3)
async def look_at_arrived(payload: dict) -> None:
    """Think again about tonight where a serious incident arrived."""
    await proposals.look_at(uuid.UUID(payload["area_id"]), dt.datetime.fromisoformat(payload["since"]))


@handler(PROPOSE_JOB, attempts_max=3)
async def propose(payload: dict) -> None:
    """Think again about one plan."""
    cause = msgspec.convert(payload["cause"], ProposalCause)
    await proposals.propose(uuid.UUID(payload["plan_id"]), cause)


@every(300, "planning.fail_stuck")
async def fail_stuck(payload: dict) -> None:
    """Fail plans that no job will finish any more."""
    await night.fail_stuck()


@every(300, "planning.keep_warm")
async def keep_warm(payload: dict) -> None:
    """Have the streets ready where plans are thought over, also where the worker is a process of its own."""
    await warming.warm_up()
