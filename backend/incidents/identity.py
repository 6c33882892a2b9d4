"""What names an incident in its district, so that the same row imported twice is known."""

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from routing.incident import Incident

ID_LENGTH_MAX = 120
_BY_LINE = re.compile(r"line-\d+")


def identified(incidents: Iterable[Incident]) -> Iterator[tuple[str, Incident]]:
    """Each incident with what names it in its district: its number or, without one, its time, place and kind; equal
    ones without a number are counted.

    A case with two offences stands in two rows of one number: the second is named by what it tells as well, or it would
    pass for known and be lost.
    """
    seen: Counter[str] = Counter()
    numbers: set[str] = set()
    for incident in incidents:
        told = f"{incident.at.astimezone(dt.UTC).isoformat()}|{incident.lon:.7f}|{incident.lat:.7f}|{incident.kind}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:32]
        if incident.id and not _BY_LINE.fullmatch(incident.id):
            number = incident.id[:ID_LENGTH_MAX]
            is_first = number not in numbers
            numbers.add(number)
            yield number if is_first else f"{number[: ID_LENGTH_MAX - len(digest) - 1]}#{digest}", incident
            continue
        seen[digest] += 1
        yield f"sha256:{digest}:{seen[digest]}", incident
