"""A grid town for the tests of routing."""

from pathlib import Path

import pytest

from routing.street_engine import build_tiles
from routing.streets import StreetGraph
from tests.support.streets import write_grid


@pytest.fixture(scope="session")
def grid_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("grid") / "grid.osm.pbf")


@pytest.fixture(scope="session")
def grid(grid_path: Path) -> StreetGraph:
    return StreetGraph.from_osm(grid_path)


@pytest.fixture(scope="session")
def grid_tiles(grid_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tiles = tmp_path_factory.mktemp("tiles") / "tiles.tar"
    build_tiles(grid_path, tiles)
    return tiles
