"""Reading what was kept of a file in a process of its own: another look, and the dry run; what they leave lies beside it.

Everything here can be done again: a run that is repeated writes the same files anew, each whole or not at all.
"""

import contextlib
import datetime as dt
import itertools
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from backend.incidents.identity import identified
from backend.incidents.schemas import (
    CheckOut,
    FindingGroup,
    KindCount,
    LonLat,
    PreviewOut,
    Sample,
)
from routing.datum_check import check_datum
from routing.geo import Datum
from routing.incident import Finding, Incident, IncidentFile, read_incidents
from routing.kept_rows import read_kept
from routing.outline import Outline
from routing.person import without_persons
from routing.preview import preview
from routing.refused_file import refused_csv, refused_xlsx
from routing.streets import load_streets
from routing.words import RequestError

BLOCK_ROWS = 500
SAMPLES_MAX = 20
PLACES_MAX = 500
KINDS_MAX = 200
VALUE_LENGTH_MAX = 80
OUTSIDE_MAX_M = 500.0


class GoodRow(msgspec.Struct, frozen=True, array_like=True):
    """A good row as it waits to be imported."""

    external_id: str
    at: dt.datetime
    clock_known: bool
    lon: float
    lat: float
    kind: str
    weight: float
    source: str


class Reading(msgspec.Struct, frozen=True):
    """A dry run to be done: the kept rows, what was declared about them, and where its results go. `outline` is the
    area's boundary (GeoJSON, WGS-84)."""

    rows: Path
    datum: Datum
    columns: dict[str, str]
    time_zone: str
    outline: dict[str, Any]
    streets: Path | None
    now: dt.datetime
    progress: Path
    good: Path
    refused_csv: Path
    refused_xlsx: Path


def look(rows: Path, columns: Mapping[str, str]) -> PreviewOut:
    """Another look at a file's kept rows, with columns named by hand."""
    return msgspec.convert(asdict(preview(read_kept(rows), columns)), PreviewOut)


def check(reading: Reading) -> CheckOut:
    """The dry run: leaves the good and the refused rows beside the kept ones and tells what it found.

    Raises `RoutingError` where needed columns are missing.
    """

    def tell(share: float) -> None:
        # The folder is gone once nobody waits any more.
        with contextlib.suppress(FileNotFoundError):
            reading.progress.write_text(f"{0.9 * share:.3f}")

    read = read_incidents(
        read_kept(reading.rows),
        datum=reading.datum,
        time_zone=ZoneInfo(reading.time_zone),
        columns=reading.columns,
        area=Outline(reading.outline, OUTSIDE_MAX_M),
        now=reading.now,
        on_progress=tell,
    )
    if reading.streets is not None and read.incidents:
        read.findings.extend(_beside_the_streets(read.incidents, reading.datum, reading.streets))
    _write(reading.good, b"".join(_blocks(read.incidents)))
    _write(reading.refused_csv, refused_csv(read))
    _write(reading.refused_xlsx, refused_xlsx(read))
    return _told(read)


def read_blocks(good: Path) -> Iterator[list[GoodRow]]:
    """The good rows that a dry run left, in blocks, in the order of the file."""
    with good.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=list[GoodRow])


def read_share(progress: Path) -> float:
    """The share of the dry run that is done, 0 before it began."""
    try:
        return min(1.0, max(0.0, float(progress.read_text())))
    except (FileNotFoundError, ValueError):
        return 0.0


def _blocks(incidents: Sequence[Incident]) -> Iterator[bytes]:
    rows = (
        GoodRow(
            name, each.at, each.clock_known, each.lon, each.lat, each.kind, each.weight, each.source
        )
        for name, each in identified(incidents)
    )  # fmt: skip
    for block in itertools.batched(rows, BLOCK_ROWS, strict=False):
        yield msgspec.json.encode(block) + b"\n"


def _write(path: Path, data: bytes) -> None:
    """Put the file there whole, readable by this program only."""
    part = path.with_name(f".{path.name}-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    part.rename(path)


def _beside_the_streets(incidents: Sequence[Incident], datum: Datum, streets: Path) -> list[Finding]:
    lon, lat = np.array([each.lon for each in incidents]), np.array([each.lat for each in incidents])
    try:
        check_datum(lon, lat, datum, load_streets(streets))
    except RequestError as error:
        return [Finding(0, "", str(error), "wrong_datum", len(incidents))]
    return []


def _told(read: IncidentFile) -> CheckOut:
    groups: dict[str, FindingGroup] = {}
    for finding in read.findings:
        if finding.code == "person_column":
            continue
        group = groups.setdefault(finding.code, FindingGroup(finding.code, finding.is_error, 0, []))
        group.rows += finding.rows
        if len(group.samples) < SAMPLES_MAX:
            value = without_persons(finding.value)[:VALUE_LENGTH_MAX]
            group.samples.append(Sample(finding.line, finding.column, value))
    kinds: defaultdict[str, int] = defaultdict(int)
    for each in read.incidents:
        kinds[each.kind] += 1
    times = [each.at for each in read.incidents]
    step = max(1, len(read.incidents) // PLACES_MAX)
    places: list[LonLat] = [(each.lon, each.lat) for each in read.incidents[::step][:PLACES_MAX]]
    return CheckOut(
        row_count=read.row_count,
        accepted=len(read.incidents),
        refused=len(read.refused),
        known=0,
        corrected=0,
        findings=sorted(groups.values(), key=lambda group: (not group.error, -group.rows)),
        dropped_columns=read.dropped_columns,
        kinds=[KindCount(kind, rows) for kind, rows in sorted(kinds.items(), key=lambda each: -each[1])][
            :KINDS_MAX
        ],
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        day_only=sum(not each.clock_known for each in read.incidents),
        from_patrols=sum(each.source == "patrol" for each in read.incidents),
        places=places,
    )
