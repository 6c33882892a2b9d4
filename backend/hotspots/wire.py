"""From an outlook to what the screen draws: its cells as compact columns, and its words and first places."""

import base64
import uuid
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from backend.hotspots.last_week import LastWeek
from backend.hotspots.schemas import (
    CellsOut,
    ChoiceOut,
    HotspotKind,
    LeftOutOut,
    MetOut,
    NameOut,
    OutlookSummary,
    RaisedOut,
    SpotOut,
    Spots,
    Sure,
)
from backend.tasks.schemas import Said
from routing.geo import metres_per_degree
from routing.kinds import kind_words
from routing.outlook import Outlook
from routing.outlook_spots import Hotspot, spots
from routing.outlook_week import Week
from routing.words import Words

type Floats = NDArray[np.float64]
type Bytes = NDArray[np.uint8]

SPOTS_KEPT = 40
SURENESS: dict[Sure, int] = {"thin": 0, "fair": 1, "firm": 2}
OTHER_KINDS = Said("其他", "other kinds")
HOURS_A_WEEK = 168
SHIFT_HOURS = 8


def cells_of(outlook: Outlook, outlook_id: uuid.UUID) -> CellsOut:
    """All cells as columns."""
    lon_m, lat_m = metres_per_degree(float(np.mean(outlook.lat)))
    west, south = float(np.min(outlook.lon)), float(np.min(outlook.lat))
    pairs = list(zip(outlook.name, outlook.name_en, strict=True))
    names = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    hours = outlook.hour_share.reshape(-1, 24 // SHIFT_HOURS, SHIFT_HOURS)
    per_kind = outlook.kind_expected / np.maximum(outlook.kind_expected.sum(axis=0), 1e-12)
    return CellsOut(
        outlook_id=outlook_id,
        cell_m=outlook.cell_m,
        half_lon=outlook.cell_m / 2 / float(lon_m),
        half_lat=outlook.cell_m / 2 / float(lat_m),
        west=west,
        south=south,
        cell=_text(np.arange(len(outlook), dtype="<u4")),
        lon=_text((outlook.lon - west).astype("<f4")),
        lat=_text((outlook.lat - south).astype("<f4")),
        expected=_text(np.asarray(outlook.expected).astype("<f4")),
        sure=_text(np.array([SURENESS[each] for each in outlook.sure], dtype=np.uint8)),
        slots=_text(_of_largest(outlook.slot_share)),
        hours=_text(_of_largest(hours)),
        kinds=_text(np.rint(per_kind * 255).astype(np.uint8)),
        name=_text(np.array([names[pair] for pair in pairs], dtype="<u2")),
        names=[NameOut(zh, en) for zh, en in names],
    )


def cells_within(cells: CellsOut, geometry: dict[str, Any]) -> CellsOut:
    """Only the cells whose middle lies in a GeoJSON outline (WGS-84 degrees); they keep their numbers."""
    outline = shape(geometry)
    lon = _array(cells.lon, "<f4").astype(np.float64) + cells.west
    lat = _array(cells.lat, "<f4").astype(np.float64) + cells.south
    inside: NDArray[np.bool_] = shapely.intersects_xy(outline, lon, lat)

    def kept(text: str, kind: str, width: int = 1) -> str:
        return _text(_array(text, kind).reshape(-1, width)[inside])

    kinds = _array(cells.kinds, "u1").reshape(-1, len(lon))[:, inside] if len(lon) else _array("", "u1")
    return msgspec.structs.replace(
        cells,
        cell=kept(cells.cell, "<u4"), lon=kept(cells.lon, "<f4"), lat=kept(cells.lat, "<f4"),
        expected=kept(cells.expected, "<f4"), sure=kept(cells.sure, "u1"), slots=kept(cells.slots, "u1", 21),
        hours=kept(cells.hours, "u1", 24), kinds=_text(kinds), name=kept(cells.name, "<u2"),
    )  # fmt: skip


def _of_largest(shares: Floats) -> Bytes:
    """In 255ths of the largest of the last axis."""
    most = np.maximum(shares.max(axis=-1, keepdims=True), 1e-12)
    return np.rint(shares / most * 255).astype(np.uint8)


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def _array(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def shift_hours(shift: int) -> NDArray[np.bool_]:
    """The hours of the week that belong to one of the three shifts from midnight."""
    return np.arange(HOURS_A_WEEK) % 24 // SHIFT_HOURS == shift


def summary_of(outlook: Outlook, last: LastWeek | None) -> OutlookSummary:
    """Everything but the cells; `last` is last week's map with what then came."""
    first = [spots(outlook, shift_hours(shift), limit=SPOTS_KEPT) for shift in range(3)]
    week = spots(outlook, None, limit=SPOTS_KEPT)
    listed = [[spot_out(spot) for spot in each] for each in (week, *first)]
    return OutlookSummary(
        starts_at=outlook.starts_at,
        cell_m=outlook.cell_m,
        cells=len(outlook),
        learned_from=outlook.learned_from,
        oldest_at=outlook.oldest_at,
        newest_at=outlook.newest_at,
        kinds=_kinds(outlook),
        spots=Spots(*listed),
        choice=_choice(outlook),
        last_week=_met(last.week) if last else None,
        last_week_cells=last.cells if last else [],
        season=said(outlook.thirteen_weeks_words) if outlook.thirteen_weeks else None,
        near_repeat=[said(each.words) for each in outlook.near_repeat if each.used],
        raised=[RaisedOut(each.cell, each.fades_on, said(each.reason)) for each in outlook.raised],
        left_out=[
            LeftOutOut(said(kind_words(each.kind)), each.reports, said(each.why)) for each in outlook.left_out
        ],
    )


def spot_out(spot: Hotspot) -> SpotOut:
    """A place as an officer sees it."""
    return SpotOut(
        cell=spot.cell,
        lon=spot.lon,
        lat=spot.lat,
        name=spot.name,
        name_en=spot.name_en,
        score=spot.score,
        expected=round(spot.expected, 3),
        low=round(spot.low, 3),
        high=round(spot.high, 3),
        sure=spot.sure,
        kinds=list(spot.kinds),
        peak_hours=list(spot.peak_hours),
        peak_days=list(spot.peak_days),
        reason=said(spot.reason),
        raised=spot.raised,
    )


def said(words: Words) -> Said:
    """The sentence as the wire has it."""
    return Said(words.zh, words.en)


def _kinds(outlook: Outlook) -> list[HotspotKind]:
    expected = outlook.kind_expected.sum(axis=1).tolist()
    return [
        HotspotKind(kind, said(kind_words(kind)) if kind else OTHER_KINDS, round(float(each), 3))
        for kind, each in zip(outlook.kinds, expected, strict=True)
    ]


def _choice(outlook: Outlook) -> ChoiceOut:
    choice = outlook.choice
    return ChoiceOut(
        choice.way, choice.why, choice.weeks, choice.mixture_hit_rate, choice.count_hit_rate,
        said(outlook.choice_words),
    )  # fmt: skip


def _met(week: Week) -> MetOut:
    return MetOut(
        week.starts_on, week.ends_on, week.reports, week.hit_rate, week.count_hit_rate, week.pai, week.pei,
        said(week.words),
    )  # fmt: skip
