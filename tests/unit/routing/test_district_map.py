"""A district's map must appear whole or not at all."""

from itertools import pairwise
from pathlib import Path

import pytest

from routing import district_map
from routing.district_map import UNFINISHED, build_district_map
from routing.street_engine import actor, tiles_beside
from routing.streets import load_streets
from routing.words import StreetFileError


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_is_built(grid_path: Path, tmp_path: Path) -> None:
    """Streets, graph, tiles and base map are there and usable; progress only grows and ends at the whole."""
    told: list[tuple[str, float]] = []
    built = build_district_map(grid_path, tmp_path, "grid", lambda stage, share: told.append((stage, share)))
    streets = tmp_path / built.streets_key
    assert names(tmp_path) == {built.folder, f"{built.basemap.sha256}.pmtiles"}
    assert built.folder.startswith("grid-")
    assert streets.read_bytes() == grid_path.read_bytes()
    assert load_streets(streets).length_km == pytest.approx(built.length_km)
    assert actor(tiles_beside(streets)).status({})
    shares = [share for _, share in told]
    assert all(a <= b for a, b in pairwise(shares))
    assert shares[-1] == 1.0
    assert {stage for stage, _ in told} == set(district_map.STAGE_ENDS)


def test_building_again_takes_nothing_away(grid_path: Path, tmp_path: Path) -> None:
    """A second build of the same file is a second folder: whoever reads the first goes on reading it."""
    first = build_district_map(grid_path, tmp_path, "grid")
    before = {path: path.read_bytes() for path in (tmp_path / first.folder).iterdir()}
    second = build_district_map(grid_path, tmp_path, "grid")
    assert second.folder != first.folder
    assert second.sha256 == first.sha256
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("make", "code"),
    [(lambda data: b"", "streets_empty"), (lambda data: data[: len(data) // 2], "streets_unreadable")],
)
def test_bad_files_leave_nothing(grid_path: Path, tmp_path: Path, make: object, code: str) -> None:
    """A file that cannot be used is refused by its own name, and the maps folder stays as it was."""
    maps, bad = tmp_path / "maps", tmp_path / "bad.osm.pbf"
    bad.write_bytes(make(grid_path.read_bytes()))  # pyright: ignore[reportCallIssue]
    first = build_district_map(grid_path, maps, "grid")
    before = names(maps)
    with pytest.raises(StreetFileError) as refused:
        build_district_map(bad, maps, "grid")
    assert refused.value.code == code
    assert str(bad) in refused.value.words.en
    assert names(maps) == before
    assert (maps / first.streets_key).exists()


def test_an_end_in_the_middle_leaves_only_an_unfinished_folder(
    grid_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed build leaves never bears a finished map's name."""
    monkeypatch.setattr(district_map.shutil, "rmtree", lambda *args, **more: None)

    def die(stage: str, share: float) -> None:
        if stage == "basemap":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_district_map(grid_path, tmp_path, "grid", die)
    assert all(name.startswith(UNFINISHED) for name in names(tmp_path))
