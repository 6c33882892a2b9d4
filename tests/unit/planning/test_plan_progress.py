"""How far a plan is, told through a file."""

from pathlib import Path

from backend.planning.solving import STAGE_ENDS, read_share, share_done
from routing.night import STAGES, Progress


def test_shares_only_grow(tmp_path: Path) -> None:
    """Every stage of the planner has its part, and the whole is 1 at the end."""
    assert tuple(STAGE_ENDS) == STAGES
    shares = [share_done(Progress(stage, done, 4)) for stage in STAGES for done in range(5)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_a_file_that_is_missing_or_half_written_is_no_error(tmp_path: Path) -> None:
    """The parent may read at any moment."""
    file = tmp_path / "share"
    assert read_share(file) == 0.0
    file.write_text("")
    assert read_share(file) == 0.0
    file.write_text("0.420")
    assert read_share(file) == 0.42
