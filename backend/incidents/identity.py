"""What names an incident in its district, so that the same row imported twice is known, and a corrected one replaces it.

A number names an incident. A row that comes again under its number with another kind, place or time is a correction of
it. But some offices count from one again in every export: a row that lies over a week and somewhere else, or is of
another kind, is another incident that was given the same number, and is named by what it tells as well. Without a number
an incident is named by its time, place and kind.
"""

import datetime as dt
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from routing.geo import haversine_m
from routing.incident import Incident

type Compared = Literal["known", "corrected", "another"]

ID_LENGTH_MAX = 120
KIND_LENGTH_MAX = 80
ANOTHER_AFTER = dt.timedelta(days=7)
ANOTHER_BEYOND_M = 100.0
_SAME_DEGREES = 1e-6
_SAME_WEIGHT = 1e-6
_BY_LINE = re.compile(r"line-\d+")
_ROOM_FOR_RANK = 5
_DIGEST_LENGTH = 32


def identified(incidents: Sequence[Incident]) -> Iterator[tuple[str, Incident]]:
    """Each incident with what names it in its district.

    A case with two offences stands in two rows of one number: they are told apart by their rank among them, the same in
    whichever order they come. Equal ones without a number are counted.
    """
    ranks = _ranks(incidents)
    seen: Counter[str] = Counter()
    for at, incident in enumerate(incidents):
        number = _number(incident)
        if not number:
            told = digest(incident)
            seen[told] += 1
            yield f"sha256:{told}:{seen[told]}", incident
        elif ranks.get(at, 1) == 1:
            yield number[:ID_LENGTH_MAX], incident
        else:
            yield f"{number[: ID_LENGTH_MAX - _ROOM_FOR_RANK]}#{ranks[at]}", incident


def _number(incident: Incident) -> str:
    return "" if _BY_LINE.fullmatch(incident.id) else incident.id


def _ranks(incidents: Sequence[Incident]) -> dict[int, int]:
    """The ranks (from 1) of the rows that share their number with others."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for at, incident in enumerate(incidents):
        if number := _number(incident):
            rows[number[:ID_LENGTH_MAX]].append(at)
    ranks: dict[int, int] = {}
    for shared in rows.values():
        if len(shared) > 1:
            shared.sort(key=lambda at: _order(incidents[at]))
            ranks.update((at, rank) for rank, at in enumerate(shared, start=1))
    return ranks


def _order(incident: Incident) -> tuple[str, dt.datetime, float, float]:
    return incident.kind, incident.at, incident.lon, incident.lat


def digest(incident: Incident) -> str:
    """The incident's time, place and kind as 32 letters."""
    told = (
        f"{incident.at.astimezone(dt.UTC).isoformat()}|{incident.lon:.7f}|{incident.lat:.7f}|{incident.kind}"
    )
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_LENGTH]


def another_name(name: str, incident: Incident) -> str:
    """What names an incident whose number `name` another one has."""
    return f"{name[: ID_LENGTH_MAX - _DIGEST_LENGTH - 1]}@{digest(incident)}"


def compare(stored: Incident, given: Incident) -> Compared:
    """What a row is to the incident that the district has under its number."""
    kind = given.kind[:KIND_LENGTH_MAX]
    if (
        stored.at == given.at
        and abs(stored.lon - given.lon) < _SAME_DEGREES
        and abs(stored.lat - given.lat) < _SAME_DEGREES
        and stored.kind == kind
        and abs(stored.weight - given.weight) < _SAME_WEIGHT
        and (stored.clock_known, stored.source) == (given.clock_known, given.source)
    ):
        return "known"
    if abs(stored.at - given.at) <= ANOTHER_AFTER:
        return "corrected"
    moved_m = float(haversine_m(stored.lon, stored.lat, given.lon, given.lat))
    return "another" if moved_m > ANOTHER_BEYOND_M or stored.kind != kind else "corrected"
