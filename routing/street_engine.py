"""Valhalla over an area's streets: its tiles built from the .osm.pbf, one actor a thread, and how far people come on foot."""

# pyvalhalla carries few types: what it returns is unknown until it is put into a typed name.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import json
import os
import subprocess
import tarfile
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from routing.words import RequestError, StreetFileError, Words

TILES_FILE = "tiles.tar"
BUILD_LIMIT_S = 1800.0
# A thread keeps the actors of so many files: districts it answered for lately.
ACTORS_KEPT = 4
# Valhalla's own limits for one isochrone request.
CONTOURS_MAX = 4
MINUTES_MAX = 120.0
# A place further than this from any street is not on this map.
OFF_STREETS_MAX_M = 300
# How a profile is said to Valhalla's pedestrian costing; km/h, seconds, percent.
COSTING: dict[str, tuple[str, dict[str, Any]]] = {
    "foot": ("pedestrian", {"walking_speed": 4.32}),
    "slow": ("pedestrian", {"walking_speed": 3.06, "step_penalty": 60}),
    "wheelchair": ("pedestrian", {"type": "wheelchair", "walking_speed": 3.24, "max_grade": 6}),
    "ebike": ("bicycle", {"bicycle_type": "City", "cycling_speed": 15.0}),
}

_kept = threading.local()


def tiles_beside(streets: Path) -> Path:
    """Where the tiles of a built map's street file lie."""
    return streets.with_name(TILES_FILE)


def build_tiles(streets: Path, tiles: Path) -> None:
    """Build Valhalla's tiles of an .osm.pbf into the one file `tiles` (.tar), which appears when it is complete.

    Needs no network. Raises StreetFileError when Valhalla cannot use the file.
    """
    with tempfile.TemporaryDirectory(prefix=".tiles-", dir=tiles.parent) as scratch:
        folder = Path(scratch) / "tiles"
        folder.mkdir()
        config = Path(scratch) / "config.json"
        config.write_text(json.dumps(_config(folder)), "utf-8")
        _run_builder(config, streets, Path(scratch))
        built = sorted(folder.rglob("*.gph"))
        if not built:
            raise _unusable(streets, "没有生成任何瓦片", "no tile came out of it")
        draft = Path(scratch) / "tiles.tar"
        with tarfile.open(draft, "w") as archive:
            for path in built:
                archive.add(path, path.relative_to(folder))
        draft.replace(tiles)


def _config(folder: Path) -> dict[str, Any]:
    """For building: no admin areas and no time zones, which would be fetched, and as many threads as are ours."""
    from valhalla import get_config

    config = get_config(tile_extract="", tile_dir=folder)
    config["mjolnir"] |= {"admin": "", "timezone": "", "concurrency": os.process_cpu_count() or 1}
    return config


def _run_builder(config: Path, streets: Path, folder: Path) -> None:
    from valhalla import PYVALHALLA_DIR

    builder = Path(PYVALHALLA_DIR) / "bin" / "valhalla_build_tiles"
    try:
        run = subprocess.run(
            [builder, "-c", config, streets.resolve()],
            cwd=folder, capture_output=True, text=True, errors="replace", timeout=BUILD_LIMIT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        zh, en = f"超过 {BUILD_LIMIT_S:.0f} 秒未完成", f"it took more than {BUILD_LIMIT_S:.0f} s"
        raise _unusable(streets, zh, en) from None
    if run.returncode != 0:
        said = run.stderr.strip().splitlines()
        reason = said[-1].strip() if said else f"code {run.returncode}"
        raise _unusable(streets, f"建瓦片失败（{reason}）", f"its tiles cannot be built ({reason})")


def _unusable(streets: Path, zh: str, en: str) -> StreetFileError:
    words = Words(
        zh=f"街道文件 {streets} 无法使用：{zh}；请重新下载该区域的 .osm.pbf。",
        en=f"streets file {streets} cannot be used: {en}; download the area's .osm.pbf again.",
    )
    return StreetFileError("streets_unreadable", words, field="streets", value=streets)


def actor(tiles: Path) -> Any:
    """This thread's Valhalla actor over a tiles file; call it in a pool's thread only.

    An actor must not be shared between threads; it releases the GIL while it works. The last few are kept.
    """
    from valhalla import Actor, get_config

    actors: OrderedDict[str, Any] | None = getattr(_kept, "actors", None)
    if actors is None:
        actors = _kept.actors = OrderedDict[str, Any]()
    key = str(tiles.resolve())
    if key not in actors:
        actors[key] = Actor(get_config(tile_extract=tiles, tile_dir=""))
        if len(actors) > ACTORS_KEPT:
            actors.popitem(last=False)
    actors.move_to_end(key)
    return actors[key]


def isochrone(
    tiles: Path, lon: float, lat: float, minutes: Sequence[float], profile: str = "foot"
) -> dict[str, Any]:
    """How far one comes from (lon, lat) within each of `minutes`: a GeoJSON FeatureCollection, the widest first.

    `profile` is one of COSTING. Raises RequestError when the place is off the streets or a number is impossible.
    """
    from valhalla import ValhallaError

    if profile not in COSTING:
        raise _bad("profile", profile, "、".join(COSTING), ", ".join(COSTING))
    if not 1 <= len(minutes) <= CONTOURS_MAX or not all(0 < each <= MINUTES_MAX for each in minutes):
        zh, en = (
            f"1–{CONTOURS_MAX} 个 {MINUTES_MAX:g} 以内的分钟数",
            f"1 to {CONTOURS_MAX} numbers up to {MINUTES_MAX:g}",
        )
        raise _bad("minutes", list(minutes), zh, en)
    costing, options = COSTING[profile]
    place = {"lon": lon, "lat": lat, "search_cutoff": OFF_STREETS_MAX_M}
    request = {
        "locations": [place],
        "costing": costing,
        "costing_options": {costing: options},
        "contours": [{"time": each} for each in sorted(minutes)],
        "polygons": True,
        "denoise": 0.3,
        "generalize": 15,
    }
    engine = actor(tiles)
    # Where there is no street the engine draws a small circle instead of refusing.
    if not engine.locate({"locations": [place], "costing": costing})[0]["edges"]:
        raise _off_streets(lon, lat)
    try:
        found = engine.isochrone(request)["features"]
    except ValhallaError as error:
        raise _off_streets(lon, lat) from error
    areas = sorted(
        ((each["properties"]["contour"], each["geometry"]) for each in found), key=lambda each: -each[0]
    )
    features = [
        {"type": "Feature", "geometry": geometry, "properties": {"minutes": contour}}
        for contour, geometry in areas
    ]
    return {"type": "FeatureCollection", "features": features}


def _off_streets(lon: float, lat: float) -> RequestError:
    words = Words(
        zh=f"{lon:g},{lat:g} 附近没有可走的街道：请换一个地点。",
        en=f"{lon:g},{lat:g} has no street within reach: choose another place.",
    )
    return RequestError("place_off_streets", words, field="place", value=f"{lon:g},{lat:g}")


def _bad(field: str, value: object, zh: str, en: str) -> RequestError:
    words = Words(zh=f"{field} 为 {value}，应为 {zh}。", en=f"{field} is {value}: give {en}.")
    return RequestError(f"bad_{field}", words, field=field, value=value)
