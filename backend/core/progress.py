"""How far a call in another process is: it writes the share done into a small file, which its parent reads and tells."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

POLL_S = 0.5
STEP_TOLD = 0.1


def write_share(progress_file: Path, share: float) -> None:
    """Note that `share` (0 to 1) is done; nothing happens once the parent has stopped waiting."""
    with contextlib.suppress(FileNotFoundError):  # the parent removes the folder
        progress_file.write_text(f"{share:.3f}")


def read_share(progress_file: Path) -> float:
    """The share that the child wrote last, 0 before it wrote any."""
    try:
        return min(1.0, max(0.0, float(progress_file.read_text())))
    except (FileNotFoundError, ValueError):
        return 0.0


@contextlib.asynccontextmanager
async def followed(tell: Callable[[float], Awaitable[None]]) -> AsyncIterator[Path]:
    """A file for the child's progress; while the block runs, `tell` hears of every further tenth.

    An error of `tell` is logged and does not end the block.
    """
    told = 0.0

    async def look(progress_file: Path) -> None:
        nonlocal told
        share = read_share(progress_file)
        if share >= told + STEP_TOLD:
            told = share
            await tell(share)

    async with watched(look) as progress_file:
        yield progress_file


@contextlib.asynccontextmanager
async def watched(look: Callable[[Path], Awaitable[None]]) -> AsyncIterator[Path]:
    """A file in a folder of its own for whatever the child tells; while the block runs, `look` is called with it twice a
    second. An error of `look` is logged and does not end the block.
    """
    with tempfile.TemporaryDirectory(prefix="lexun-progress-") as folder:
        progress_file = Path(folder) / "share"
        watching = asyncio.create_task(_watch(progress_file, look))
        try:
            yield progress_file
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _watch(progress_file: Path, look: Callable[[Path], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(POLL_S)
        try:
            await look(progress_file)
        except Exception:
            log.exception("progress_untold")
