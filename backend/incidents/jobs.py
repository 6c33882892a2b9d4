"""Jobs of incidents: reading a file that is to be imported, carrying it over, and deleting it."""

import uuid

from backend.core.jobs import every, handler
from backend.incidents import carrying
from backend.incidents.importing import CARRY_JOB, CHECK_JOB, LOOK_JOB


@handler(LOOK_JOB, attempts_max=3)
async def look(payload: dict) -> None:
    """Look at one file."""
    await carrying.look_at(uuid.UUID(payload["import_id"]), payload["run"])


@handler(CHECK_JOB, attempts_max=3)
async def check(payload: dict) -> None:
    """Try one file."""
    await carrying.try_out(uuid.UUID(payload["import_id"]), payload["run"])


@handler(CARRY_JOB)
async def carry(payload: dict) -> None:
    """Import one file's good rows."""
    await carrying.carry_over(uuid.UUID(payload["import_id"]))


@every(600, "incidents.sweep_imports")
async def sweep(payload: dict) -> None:
    """Delete old files, end what is stuck."""
    await carrying.sweep()
