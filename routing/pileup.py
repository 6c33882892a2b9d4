"""Finds what an office's habits pile up: incidents of unknown time at midnight, of unknown place at the station."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.incident import Incident

MIDNIGHT_MIN, MIDNIGHT_SHARE = 10, 0.01
# Midnight is piled up when far more happened then than at the other full hours, where clocks are rounded to.
MIDNIGHT_RATIO = 3.0
STATION_MIN, STATION_SHARE = 20, 0.03
# A shop has its own kind of incident; a station has everybody's.
STATION_KIND_SHARE_MAX = 0.8
KINDS_MIN = 3
PLACE_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Pileup:
    """A pile: `value` is the time or the place, `first` the index of its first incident, `rows` how many it holds."""

    value: str
    first: int
    rows: int


def midnight_pileup(incidents: Sequence["Incident"]) -> Pileup | None:
    """The pile at 00:00:00, when far more lie there than at other full hours."""
    full_hours = Counter(
        incident.at.hour
        for incident in incidents
        if incident.clock_known and not (incident.at.minute or incident.at.second)
    )
    known = sum(incident.clock_known for incident in incidents)
    others = sum(count for hour, count in full_hours.items() if hour) / 23
    if full_hours[0] < max(MIDNIGHT_MIN, MIDNIGHT_SHARE * known, MIDNIGHT_RATIO * others):
        return None
    first = next(n for n, incident in enumerate(incidents) if is_midnight(incident))
    return Pileup("00:00:00", first, full_hours[0])


def is_midnight(incident: "Incident") -> bool:
    """Whether the incident carries the very moment of midnight as its clock."""
    at = incident.at
    return incident.clock_known and not (at.hour or at.minute or at.second)


def without_clock(incidents: Sequence["Incident"]) -> list["Incident"]:
    """The incidents, those of midnight with their clock marked as unknown: they count for places, not for shifts."""
    return [replace(each, clock_known=False) if is_midnight(each) else each for each in incidents]


def station_pileups(incidents: Sequence["Incident"]) -> list[Pileup]:
    """Places where many incidents of mixed kinds lie to the metre, most first: perhaps a station's own address."""
    at = [(round(each.lon, PLACE_DECIMALS), round(each.lat, PLACE_DECIMALS)) for each in incidents]
    many_kinds = len({each.kind for each in incidents}) >= KINDS_MIN
    piles: list[Pileup] = []
    for place, count in Counter(at).most_common():
        if count < max(STATION_MIN, STATION_SHARE * len(incidents)):
            break
        here = [n for n, each in enumerate(at) if each == place]
        commonest = Counter(incidents[n].kind for n in here).most_common(1)[0][1]
        if not many_kinds or commonest <= STATION_KIND_SHARE_MAX * count:
            piles.append(Pileup(f"{place[0]:.5f}, {place[1]:.5f}", here[0], count))
    return piles
