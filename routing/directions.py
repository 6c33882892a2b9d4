"""How to walk a route, step by step, in Chinese and English: turns, street names, steps, bridges and the dark."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from routing.geo import metres_per_degree
from routing.street_tags import BRIDGE, ROUGH, STEEP, STEPS, TUNNEL, UNLIT
from routing.words import Words

if TYPE_CHECKING:
    from routing.streets import StreetGraph
    from routing.walks import Stretch, Walks

type Position = tuple[float, float]
type Kind = Literal[
    "depart",
    "straight",
    "slight_left",
    "left",
    "sharp_left",
    "slight_right",
    "right",
    "sharp_right",
    "back",
    "arrive",
]

# Bearings are taken over so many metres, so that the crook of a kerb is no turn.
BEARING_OVER_M = 12.0
# Shorter nameless bits join two streets across a junction; nobody needs to be told.
BIT_MAX_M = 8.0
STRAIGHT_WITHIN = 30.0
SLIGHT_WITHIN = 60.0
SHARP_FROM = 120.0
BACK_FROM = 165.0
TOLD = STEPS | BRIDGE | TUNNEL | UNLIT | STEEP

TURNS: dict[Kind, Words] = {
    "straight": Words("直行", "Go straight on"),
    "slight_left": Words("向左前方走", "Bear left"),
    "left": Words("左转", "Turn left"),
    "sharp_left": Words("向左急转", "Turn sharp left"),
    "slight_right": Words("向右前方走", "Bear right"),
    "right": Words("右转", "Turn right"),
    "sharp_right": Words("向右急转", "Turn sharp right"),
    "back": Words("掉头", "Turn back"),
}
COMPASS = (
    Words("北", "north"), Words("东北", "north-east"), Words("东", "east"), Words("东南", "south-east"),
    Words("南", "south"), Words("西南", "south-west"), Words("西", "west"), Words("西北", "north-west"),
)  # fmt: skip
FEATURES = (
    (STEPS, Words("有台阶", "steps")),
    (BRIDGE, Words("过桥", "across the bridge")),
    (TUNNEL, Words("走地下通道", "through the underpass")),
    (STEEP, Words("坡陡", "steep")),
    (UNLIT, Words("没有路灯", "no street lamps")),
)


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """One thing to do, at (lon, lat), and how many metres it is then to the next; `words` say it as a sentence."""

    kind: Kind
    lon: float
    lat: float
    length_m: float
    name: str
    name_en: str
    words: Words


@dataclass(frozen=True, slots=True)
class RouteHazards:
    """How many metres of a route are steps, without street lamps, steep, on rough ground, by open water and by a railway."""

    steps_m: float
    unlit_m: float
    steep_m: float
    rough_m: float
    water_m: float
    railway_m: float


@dataclass(slots=True)
class _Run:
    """A stretch along one name with the same features."""

    name: int
    features: int
    length_m: float
    line: list[Position]


def directions(graph: "StreetGraph", walks: "Walks", order: Sequence[int]) -> list[Manoeuvre]:
    """The manoeuvres of the walk through points in this order, each leg ending with an arrival; none for a leg without a way."""
    found: list[Manoeuvre] = []
    for number, (a, b) in enumerate(itertools.pairwise(order), start=1):
        runs = _joined(_runs(graph, walks.stretches(a, b)))
        found += [_manoeuvre(graph, runs, index) for index in range(len(runs))]
        place = (float(walks.places.lon[b]), float(walks.places.lat[b]))
        words = Words(f"到达第 {number} 站", f"Arrive at stop {number}")
        found.append(Manoeuvre("arrive", *place, 0.0, "", "", words))
    return found


def hazards(graph: "StreetGraph", walks: "Walks", order: Sequence[int]) -> RouteHazards:
    """What is to be minded along the walk through points in this order."""
    metres = dict.fromkeys((STEPS, UNLIT, STEEP, ROUGH), 0.0)
    for a, b in itertools.pairwise(order):
        for stretch in walks.stretches(a, b):
            for piece, from_m, to_m in pieces_of(graph, stretch):
                flags = int(graph.streets.piece_flags[piece])
                for flag in metres:
                    metres[flag] += abs(to_m - from_m) if flags & flag else 0.0
    _, line = walks.route(list(order))
    beside = graph.water.metres_of(line), graph.railways.metres_of(line)
    return RouteHazards(*(round(each, 1) for each in (*metres.values(), *beside)))


def pieces_of(graph: "StreetGraph", stretch: "Stretch") -> list[tuple[int, float, float]]:
    """(piece, from, to) of a stretch in the order they are walked, in metres along the edge."""
    streets = graph.streets
    low, high = sorted((stretch.from_m, stretch.to_m))
    found: list[tuple[int, float, float]] = []
    start_m = 0.0
    for piece in range(int(streets.piece_offset[stretch.edge]), int(streets.piece_offset[stretch.edge + 1])):
        end_m = start_m + float(streets.piece_m[piece])
        if end_m > low and start_m < high:
            found.append((piece, max(low, start_m), min(high, end_m)))
        start_m = end_m
    if stretch.from_m > stretch.to_m:
        return [(piece, to_m, from_m) for piece, from_m, to_m in reversed(found)]
    return found


def _runs(graph: "StreetGraph", stretches: Sequence["Stretch"]) -> list[_Run]:
    """Stretches piece by piece; neighbours of one name and the same features are one run."""
    runs: list[_Run] = []
    for stretch in stretches:
        for piece, from_m, to_m in pieces_of(graph, stretch):
            name = int(graph.streets.piece_name[piece])
            features = int(graph.streets.piece_flags[piece]) & TOLD
            line = graph.edge_positions(stretch.edge, from_m, to_m)
            run = _Run(name, features, abs(to_m - from_m), line)
            if (
                runs
                and (runs[-1].name, runs[-1].features) == (name, features)
                and abs(_turn(runs[-1], run)) < SLIGHT_WITHIN
            ):
                runs[-1].line += line[1:]
                runs[-1].length_m += run.length_m
            else:
                runs.append(run)
    return runs


def _joined(runs: list[_Run]) -> list[_Run]:
    """Runs without the nameless bits across junctions, which belong to what follows."""
    kept: list[_Run] = []
    bit: _Run | None = None
    for run in runs:
        if bit is not None:
            run = _Run(run.name, run.features, bit.length_m + run.length_m, bit.line + run.line[1:])
            bit = None
        if run.length_m < BIT_MAX_M and not run.name and not run.features and run is not runs[-1]:
            bit = run
        elif (
            kept
            and (kept[-1].name, kept[-1].features) == (run.name, run.features)
            and run.name
            and abs(_turn(kept[-1], run)) < STRAIGHT_WITHIN
        ):
            kept[-1].line += run.line[1:]
            kept[-1].length_m += run.length_m
        else:
            kept.append(run)
    return [*kept, bit] if bit is not None else kept


def _manoeuvre(graph: "StreetGraph", runs: list[_Run], index: int) -> Manoeuvre:
    run = runs[index]
    local, english = graph.streets.names[run.name]
    metres = f"{max(1, round(run.length_m))}"
    kind: Kind = "depart" if index == 0 else _kind(_turn(runs[index - 1], run))
    name_zh, name_en = local, english or local
    if kind == "depart":
        heading = COMPASS[round(_bearing(run.line) / 45.0) % 8]
        zh = f"沿{name_zh}向{heading.zh}走" if name_zh else f"向{heading.zh}走"
        en = f"Go {heading.en} along {name_en}" if name_en else f"Go {heading.en}"
    else:
        turn = TURNS[kind]
        zh = f"{turn.zh}进入{name_zh}，走" if name_zh else f"{turn.zh}，走"
        en = f"{turn.en} into {name_en}" if name_en and kind != "straight" else turn.en
        en = f"{en} along {name_en}" if name_en and kind == "straight" else en
    told = [words for flag, words in FEATURES if run.features & flag]
    zh_told = f"（{'，'.join(each.zh for each in told)}）" if told else ""
    en_told = f" ({', '.join(each.en for each in told)})" if told else ""
    words = Words(f"{zh} {metres} 米{zh_told}", f"{en} for {metres} m{en_told}")
    lon, lat = run.line[0]
    return Manoeuvre(kind, lon, lat, round(run.length_m, 1), local, english, words)


def _kind(turn: float) -> Kind:
    """The turn's name; positive is to the right, degrees."""
    size = abs(turn)
    if size < STRAIGHT_WITHIN:
        return "straight"
    if size > BACK_FROM:
        return "back"
    if turn > 0:
        return "slight_right" if size < SLIGHT_WITHIN else "right" if size < SHARP_FROM else "sharp_right"
    return "slight_left" if size < SLIGHT_WITHIN else "left" if size < SHARP_FROM else "sharp_left"


def _turn(before: _Run, after: _Run) -> float:
    """By how many degrees one turns from the end of a run into the next, -180 to 180."""
    arriving = _bearing(before.line[::-1]) + 180.0
    return (_bearing(after.line) - arriving + 540.0) % 360.0 - 180.0


def _bearing(line: Sequence[Position]) -> float:
    """Which way a line sets out, in degrees from north, over its first metres."""
    east_m, north_m = (float(each) for each in metres_per_degree(line[0][1]))
    x = y = 0.0
    for lon, lat in line[1:]:
        x, y = (lon - line[0][0]) * east_m, (lat - line[0][1]) * north_m
        if math.hypot(x, y) >= BEARING_OVER_M:
            break
    return math.degrees(math.atan2(x, y)) % 360.0
