"""How far a call in another process is, told through a file."""

import asyncio
from pathlib import Path

import pytest

from backend.core import progress
from backend.core.progress import followed, read_share, write_share


def test_a_file_that_is_missing_or_half_written_is_no_error(tmp_path: Path) -> None:
    """Parent and child may come at any moment, and the parent may have gone."""
    file = tmp_path / "share"
    assert read_share(file) == 0.0
    file.write_text("")
    assert read_share(file) == 0.0
    write_share(file, 0.42)
    assert read_share(file) == 0.42
    write_share(tmp_path / "gone" / "share", 0.5)


async def test_every_tenth_is_told_once_and_a_deaf_listener_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Steps below a tenth are not told; an error while telling does not end the work."""
    monkeypatch.setattr(progress, "POLL_S", 0.001)
    told: list[float] = []

    async def tell(share: float) -> None:
        told.append(share)
        if len(told) == 1:
            raise RuntimeError("not now")

    async with followed(tell) as file:
        for share in (0.05, 0.2, 0.25, 0.2, 0.6):
            write_share(file, share)
            await asyncio.sleep(0.03)
    assert told == [0.2, 0.6]
    assert not file.exists()
