"""Reads communities with their residents and the patrols they got, for commands that work on files alone."""

# What JSON holds has no types until it is looked at.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from routing.words import RequestError, Words


@dataclass(frozen=True, slots=True)
class Community:
    """A community: its outline (GeoJSON, WGS-84), its residents (None where not told) and the patrol minutes it got."""

    name: str
    outline: dict[str, Any]
    residents: int | None
    minutes: float


def read_communities(path: Path) -> list[Community]:
    """The areas of a GeoJSON FeatureCollection, with properties `name`, `residents` and `patrol_minutes`.

    RequestError, naming the feature and the value, when it cannot be used.
    """
    try:
        found: Any = json.loads(path.read_text("utf-8-sig"))
        features: Any = found["features"]
    except OSError as error:
        raise _wrong(
            path, f"无法打开（{error.strerror}）", f"it cannot be opened ({error.strerror})"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise _wrong(
            path, "不是 GeoJSON 的 FeatureCollection", "it is no GeoJSON FeatureCollection"
        ) from error
    return [_community(path, number, feature) for number, feature in enumerate(features, start=1)]


def _community(path: Path, number: int, feature: Any) -> Community:
    try:
        told: dict[str, Any] = feature["properties"] or {}
        outline: dict[str, Any] = feature["geometry"]
        if shape(outline).area == 0:
            raise ValueError("it has no area")
        residents = told.get("residents")
        return Community(
            str(told.get("name") or f"#{number}"),
            outline,
            None if residents is None else int(residents),
            float(told.get("patrol_minutes") or 0),
        )
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        zh = f"第 {number} 个社区无法使用（{error}）：需要面状边界、name、residents 和 patrol_minutes"
        en = f"feature {number} ({error}) needs an outline with an area, name, residents and patrol_minutes"
        raise _wrong(path, zh, en) from error


def _wrong(path: Path, zh: str, en: str) -> RequestError:
    words = Words(zh=f"社区文件 {path} 无法使用：{zh}。", en=f"communities file {path} cannot be used: {en}.")
    return RequestError("bad_communities", words, field="communities", value=path)
