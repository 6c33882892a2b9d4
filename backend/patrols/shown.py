"""What others than the walker may see of a walk: never its ends nor the walker's home, and after the verdict only roughly."""

from collections.abc import Sequence

from backend.patrols.homes import Hidden
from routing import track, track_match
from routing.track_privacy import Line, without_ends

COARSE_TO_M = 50.0


def averaged_lines(points: Sequence[track.Point]) -> list[Line]:
    """One person's way as it is drawn: averaged, a line a segment."""
    return [
        [(each.lon, each.lat) for each in track.smoothed(piece)]
        for piece in track.segments(points)
        if len(piece) > 1
    ]


def shown_lines(points: Sequence[track.Point], hidden: Hidden) -> list[Line]:
    """The same without its ends and home; the positions are one person's, in order of time."""
    return without_hidden(averaged_lines(points), points, hidden)


def without_hidden(lines: Sequence[Line], points: Sequence[track.Point], hidden: Hidden) -> list[Line]:
    """Lines that were drawn from these positions without what is near their ends and near home.

    The ends are those of all positions: one that was too vague to be drawn, or alone before a gap, was often noted at a
    door.
    """
    usable = [point for piece in track.segments(points) for point in piece]
    ends = [*points[:1], *points[-1:], *usable[:1], *usable[-1:]]
    return without_ends(lines, hidden=hidden, ends=[(each.lon, each.lat) for each in ends])


def coarse_lines(points: Sequence[track.Point], hidden: Hidden) -> list[Line]:
    """What is shown of a walk once it was judged, and kept of it for a year: to 50 m."""
    return track_match.simplified(shown_lines(points, hidden), COARSE_TO_M)
