"""Reads the ways that can be walked or ridden out of an OpenStreetMap .osm.pbf file."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from osmium import FileProcessor
from osmium.filter import KeyFilter
from osmium.io import File
from osmium.osm import Way

from routing.street_tags import NOT_ON_FOOT, PRIVATE, WayTraits, way_traits
from routing.words import StreetFileError, Words


@dataclass(frozen=True, slots=True)
class WalkedWays:
    """Ways as flat arrays: way w owns positions `offset[w]` up to `offset[w + 1]`.

    `node` (int64 ids), `lon`, `lat` (degrees) have one entry a position; `flags` (bits of `street_tags`),
    `incline` (percent, in the way's direction) and `name` (index into `names`) one entry a way. `names`
    holds (local, English) pairs; entry 0 is ("", "").
    """

    node: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    offset: NDArray[np.int64]
    flags: NDArray[np.uint16]
    incline: NDArray[np.float32]
    name: NDArray[np.int32]
    names: tuple[tuple[str, str], ...]


def read_walked_ways(path: Path) -> WalkedWays:
    """Read all ways for walking and riding of `path`; StreetFileError when it cannot be read or holds none to walk.

    A way whose nodes lie partly outside the extract is cut there, never bridged by a straight line.
    """
    if not path.is_file():
        raise _missing(path)
    if path.stat().st_size == 0:
        raise _unreadable(path, "文件是空的", "the file is empty", code="streets_empty")
    try:
        ways = _collect(path)
    except RuntimeError as error:
        raise broken_file(path, error) from error
    if not bool(((ways.flags & (PRIVATE | NOT_ON_FOOT)) == 0).any()):
        raise nothing_to_walk(path)
    return ways


def broken_file(path: Path, error: RuntimeError) -> StreetFileError:
    """The refusal of a file that osmium cannot read to its end."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return _unreadable(path, f"文件残缺或不是 .osm.pbf（{reason}）", f"truncated or not .osm.pbf ({reason})")


def nothing_to_walk(path: Path) -> StreetFileError:
    """The refusal of a file without streets."""
    return _unreadable(path, "其中没有可步行的街道", "it holds no walkable street", code="streets_none")


def _missing(path: Path) -> StreetFileError:
    words = Words(
        zh=f"找不到街道文件 {path}：请检查路径，或下载该区域的 .osm.pbf。",
        en=f"streets file {path} does not exist: check the path, or download the area's .osm.pbf.",
    )
    return StreetFileError("streets_missing", words, field="streets", value=path)


def _unreadable(path: Path, zh: str, en: str, *, code: str = "streets_unreadable") -> StreetFileError:
    words = Words(
        zh=f"街道文件 {path} 无法使用：{zh}；请重新下载该区域的 .osm.pbf。",
        en=f"streets file {path} cannot be used: {en}; download the area's .osm.pbf again.",
    )
    return StreetFileError(code, words, field="streets", value=path)


def _collect(path: Path) -> WalkedWays:
    node, lon, lat = array("q"), array("d"), array("d")
    offset, flags, incline, name = array("q", [0]), array("H"), array("f"), array("i")
    names: dict[tuple[str, str], int] = {("", ""): 0}

    def close_way(traits: WayTraits, label: int) -> None:
        if len(node) - offset[-1] >= 2:
            offset.append(len(node))
            flags.append(traits.flags)
            incline.append(traits.incline_percent)
            name.append(label)
        else:
            del node[offset[-1] :], lon[offset[-1] :], lat[offset[-1] :]

    source = File(str(path), "pbf")
    for way in FileProcessor(source).with_locations().with_filter(KeyFilter("highway")):
        if not isinstance(way, Way):
            continue
        tags = {tag.k: tag.v for tag in way.tags}
        traits = way_traits(tags)
        if traits is None:
            continue
        local = tags.get("name", "")
        label = names.setdefault((local, tags.get("name:en", "")) if local else ("", ""), len(names))
        for place in way.nodes:
            if place.location.valid():
                node.append(place.ref)
                lon.append(place.location.lon)
                lat.append(place.location.lat)
            else:
                close_way(traits, label)
        close_way(traits, label)
    return WalkedWays(
        node=np.array(node, dtype=np.int64),
        lon=np.array(lon, dtype=np.float64),
        lat=np.array(lat, dtype=np.float64),
        offset=np.array(offset, dtype=np.int64),
        flags=np.array(flags, dtype=np.uint16),
        incline=np.array(incline, dtype=np.float32),
        name=np.array(name, dtype=np.int32),
        names=tuple(names),
    )
