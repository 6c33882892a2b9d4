"""Building a map in a process of its own; how far it is stands in a file that the parent reads."""

import contextlib
from pathlib import Path
from typing import Any

from routing.boundary import boundary_from_relation
from routing.district_map import DistrictMap, Stage, build_district_map


def build(
    source: Path, maps: Path, slug: str, relation: int | None, progress_file: Path
) -> tuple[DistrictMap, dict[str, Any] | None]:
    """`build_district_map`, and the outline of a relation of the file where one is asked for.

    Writes stage and share into `progress_file`. Raises RoutingError with the reason for a file that cannot be used.
    """

    def tell(stage: Stage, share: float) -> None:
        with contextlib.suppress(OSError):  # the parent no longer waits
            progress_file.write_text(f"{stage} {share:.3f}")

    outline = boundary_from_relation(source, relation) if relation else None
    return build_district_map(source, maps, slug, tell), outline


def read_progress(progress_file: Path) -> tuple[str, float]:
    """The stage and the share that the child wrote last; ("", 0) before it wrote any."""
    try:
        stage, _, share = progress_file.read_text().partition(" ")
        return stage, min(1.0, max(0.0, float(share)))
    except (OSError, ValueError):
        return "", 0.0
