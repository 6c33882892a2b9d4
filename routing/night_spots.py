"""Where an evening's patrols could stop: the best places of past incidents, or of an outlook that was made from them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.forecast import find_hotspots
from routing.incident import Incident
from routing.outlook import Outlook
from routing.outlook_spots import Hotspot, spots
from routing.streets import StreetGraph
from routing.words import NoPlanError, Words

if TYPE_CHECKING:
    from routing.night import NightRequest

type Floats = NDArray[np.float64]

INSIDE_MARGIN_M = 200.0
# More hotspots than the teams can visit give the search a choice; too many only slow it down.
CANDIDATES_PER_VISIT = 1.6
CANDIDATES_MIN, CANDIDATES_MAX = 12, 200


def spots_of_incidents(
    incidents: Sequence[Incident], graph: StreetGraph, request: "NightRequest"
) -> tuple[Hotspot, ...]:
    """The best places for the request's window, learned from the incidents. NoPlanError where there is nothing to learn."""
    inside = graph.bounds.padded(INSIDE_MARGIN_M).contains(
        [i.lon for i in incidents], [i.lat for i in incidents]
    )
    kept = [incident for incident, is_inside in zip(incidents, inside.tolist(), strict=True) if is_inside]
    if not kept:
        raise _none_inside(len(incidents), graph)
    found = find_hotspots(
        kept,
        request.window_start,
        request.window_end,
        limit=_places_max(request),
        snapper=_OnMap(graph).snap,
        avoid=request.avoid,
        rules=request.rules,
        barred=graph.never_a_target,
        unshown=request.unshown,
    )
    if not found:
        raise _none_before(request, len(kept))
    return tuple(_named(hotspot, graph) for hotspot in found)


def spots_of_outlook(outlook: Outlook, graph: StreetGraph, request: "NightRequest") -> tuple[Hotspot, ...]:
    """The outlook's best places that lie where the streets are. NoPlanError where none does."""
    on_map = _OnMap(graph)
    found = spots(
        outlook,
        (request.window_start, request.window_end),
        limit=_places_max(request),
        snapper=on_map.snap,
        avoid=request.avoid,
        barred=on_map.barred,
        unshown=request.unshown,
    )
    if not found:
        raise _none_inside(outlook.learned_from, graph)
    return tuple(_named(hotspot, graph) for hotspot in found)


class _OnMap:
    """Puts places on the nearest street, and bars those that lay off the map, and grounds that are left in peace."""

    def __init__(self, graph: StreetGraph) -> None:
        self._graph, self._off_map = graph, np.zeros(0, dtype=np.bool_)

    def snap(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Where the places meet the streets."""
        self._off_map = ~np.asarray(self._graph.bounds.padded(INSIDE_MARGIN_M).contains(lon, lat))
        met = self._graph.snap(lon, lat)
        return met.lon, met.lat

    def barred(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Per place that was put on a street last."""
        return self._off_map | self._graph.never_a_target(lon, lat)


def _places_max(request: "NightRequest") -> int:
    visits = sum(team.minutes / request.dwell_min for team in request.teams)
    return min(CANDIDATES_MAX, max(CANDIDATES_MIN, math.ceil(CANDIDATES_PER_VISIT * visits)))


def _named(hotspot: Hotspot, graph: StreetGraph) -> Hotspot:
    name, name_en = graph.street_name(hotspot.lon, hotspot.lat)
    return replace(hotspot, name=name, name_en=name_en)


def _none_inside(count: int, graph: StreetGraph) -> NoPlanError:
    words = Words(
        zh=f"{count} 条警情都不在街道文件覆盖的 {graph.bounds} 内；请换该区域的警情或街道文件，或检查坐标系。",
        en=f"none of the {count} incidents lies inside the streets' {graph.bounds}; "
        "use incidents and streets of the same area, or check the datum.",
    )
    return NoPlanError("no_incident_inside", words, field="incidents", value=count)


def _none_before(request: "NightRequest", count: int) -> NoPlanError:
    shown = request.window_start.date().isoformat()
    zh_circles, en_circles = (
        ("且不在避让范围内", " and outside the places to avoid") if request.avoid else ("", "")
    )
    words = Words(
        zh=f"{count} 条警情中没有一条是 {shown} 之前{zh_circles}的居民报警；请导入更早的警情或改时间窗。",
        en=f"none of the {count} incidents is a residents' report from before {shown}{en_circles}; "
        "import earlier incidents or change the window.",
    )
    return NoPlanError("no_history", words, field="window", value=shown)
