"""Everything a district needs of an .osm.pbf, built into one new folder: streets, walking graph, Valhalla's tiles, base map."""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from routing import street_cache
from routing.basemap import BasemapError, BasemapInfo, build_basemap
from routing.contraction import contract
from routing.geo import Bounds
from routing.osm import read_walked_ways
from routing.places import Place, PlaceBook, read_places, street_places
from routing.street_engine import build_tiles, tiles_beside
from routing.streets import StreetGraph
from routing.words import StreetFileError, Words

type Stage = Literal["reading", "graph", "tiles", "basemap"]

STREETS_FILE = "streets.osm.pbf"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
UNFINISHED = ".building-"
"""Folders that begin so were left behind by a process that ended in the middle; they may be deleted."""
# The share of the whole that is done at the end of each stage.
STAGE_ENDS: dict[Stage, float] = {"reading": 0.05, "graph": 0.2, "tiles": 0.4, "basemap": 1.0}


@dataclass(frozen=True, slots=True)
class DistrictMap:
    """A built map: the folder's name below the maps folder, what it covers, and its base map.

    `bounds` are those of the streets that can be walked. The base map lies beside the folder under
    the name of its hash, where phones fetch it. `places` are named ones, each with whether it is never
    to be a patrol's target.
    """

    folder: str
    sha256: str
    bounds: Bounds
    length_km: float
    basemap: BasemapInfo
    places: tuple[tuple[Place, bool], ...]

    @property
    def streets_key(self) -> str:
        """The street file's path below the maps folder."""
        return f"{self.folder}/{STREETS_FILE}"


def build_district_map(
    source: Path,
    maps: Path,
    slug: str,
    on_progress: Callable[[Stage, float], None] | None = None,
) -> DistrictMap:
    """Build the map of `source` (.osm.pbf) into a new folder of `maps`; nothing that is there already changes.

    The folder appears, complete, under its name at the end; a process that ends before leaves only a folder
    that begins with UNFINISHED. `on_progress` hears the stage and the share of the whole that is done (0..1).
    Raises StreetFileError, with the reason in Chinese and English, for a file that cannot be used.
    """
    if not SLUG.fullmatch(slug):
        raise ValueError(f"slug {slug!r}: use lower-case letters, digits and hyphens")
    tell = on_progress or _tell_nobody
    maps.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=maps))
    try:
        tell("reading", 0.0)
        network = contract(read_walked_ways(source))
        tell("graph", STAGE_ENDS["reading"])
        streets = work / STREETS_FILE
        shutil.copyfile(source, streets)
        book = read_places(streets)
        graph = StreetGraph(network, book.grounds)
        sha256 = street_cache.content_hash(streets)
        street_cache.write(work / street_cache.BESIDE, sha256, graph.streets, graph.grounds)
        tell("tiles", STAGE_ENDS["graph"])
        build_tiles(streets, tiles_beside(streets))
        basemap = _draw(source, streets, work / "basemap.pmtiles", tell)
        folder = f"{slug}-{sha256[:12]}-{secrets.token_hex(3)}"
        _settle(work)
        (work / "basemap.pmtiles").replace(maps / f"{basemap.sha256}.pmtiles")
        work.chmod(0o755)
        work.rename(maps / folder)
        _sync(maps)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tell("basemap", 1.0)
    return DistrictMap(folder, sha256, graph.bounds, graph.length_km, basemap, _places(graph, book))


def _places(graph: StreetGraph, book: PlaceBook) -> tuple[tuple[Place, bool], ...]:
    found = [*book.places, *street_places(graph.streets)]
    barred = graph.never_a_target([place.lon for place in found], [place.lat for place in found])
    return tuple(zip(found, barred.tolist(), strict=True))


def _draw(source: Path, streets: Path, target: Path, tell: Callable[[Stage, float], None]) -> BasemapInfo:
    begun = STAGE_ENDS["tiles"]
    try:
        return build_basemap(
            streets, target, on_progress=lambda share: tell("basemap", begun + (1 - begun) * share)
        )
    except BasemapError as error:
        words = Words(
            zh=f"街道文件 {source} 画不出底图（{error}）；请重新下载该区域的 .osm.pbf。",
            en=f"no base map can be drawn from {source} ({error}); download the area's .osm.pbf again.",
        )
        raise StreetFileError("streets_unreadable", words, field="streets", value=source) from error


def _tell_nobody(stage: Stage, share: float) -> None:
    """Take progress nobody asked for."""


def _settle(folder: Path) -> None:
    """Have every file on the disk before its name is told to anyone."""
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
