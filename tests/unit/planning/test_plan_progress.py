"""How far a plan is, told through a file."""

from pathlib import Path

from backend.planning.solving import STAGE_ENDS, Sketch, Teller, read_sketch, share_done
from routing.night import STAGES, Progress, RouteSketch

ROUTES = (RouteSketch(((120.0, 28.0),), ((120.0, 28.1), (120.0, 28.0))), RouteSketch((), ()))


def test_shares_only_grow(tmp_path: Path) -> None:
    """Every stage of the planner has its part, and the whole is 1 at the end."""
    assert tuple(STAGE_ENDS) == STAGES
    shares = [share_done(Progress(stage, done, 4)) for stage in STAGES for done in range(5)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_a_file_that_is_missing_or_half_written_is_no_error(tmp_path: Path) -> None:
    """The parent may read at any moment."""
    file = tmp_path / "share"
    assert read_sketch(file) == Sketch(0.0)
    file.write_text("")
    assert read_sketch(file) == Sketch(0.0)


def test_the_best_so_far_is_told_calmly(tmp_path: Path) -> None:
    """Routes are drawn anew at most every 0.4 s, however often the search tells; the share is always the latest."""
    clock_s, asked = [0.0], list[float]()
    tell = Teller(tmp_path / "share", now=lambda: clock_s[0])

    def progress(done: float, score: float) -> Progress:
        def sketch() -> tuple[RouteSketch, ...]:
            asked.append(score)
            return ROUTES

        return Progress("routes", done, 100, score, score / 500, sketch)

    for second, done, score in ((0.0, 10, 100.0), (0.1, 20, 110.0), (0.3, 30, 120.0), (0.5, 40, 130.0)):
        clock_s[0] = second
        tell(progress(done, score))
    shown = read_sketch(tmp_path / "share")
    assert asked == [100.0, 130.0]
    assert (shown.score, shown.worth, shown.routes) == (130.0, 0.26, list(ROUTES))
    assert shown.share == share_done(progress(40, 130.0))


def test_a_child_whose_parent_left_goes_on_quietly(tmp_path: Path) -> None:
    """Once the folder is gone there is nobody to tell, which is no error."""
    Teller(tmp_path / "gone" / "share")(Progress("streets", 1, 1))
