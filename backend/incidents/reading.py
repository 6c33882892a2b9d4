"""Reading a file in a process of its own: the first look, and the dry run; what is left behind lies beside the file.

Everything here can be done again: a run that is repeated writes the same files anew, each whole or not at all.
"""

import contextlib
import datetime as dt
import itertools
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from backend.incidents.identity import identified
from backend.incidents.schemas import (
    CheckOut,
    ColumnOut,
    FindingGroup,
    KindCount,
    LonLat,
    PreviewOut,
    Sample,
)
from routing.datum_check import check_datum
from routing.geo import Bounds, Datum
from routing.incident import Finding, Incident, IncidentFile, read_incidents
from routing.person import without_persons
from routing.preview import preview
from routing.refused_file import refused_csv, refused_xlsx
from routing.streets import load_streets
from routing.words import IncidentFileError, RequestError, RoutingError, Words

BLOCK_ROWS = 500
ROWS_MAX = 500_000
UNPACKED_BYTES_MAX = 1_000_000_000
SAMPLES_MAX = 20
PLACES_MAX = 500
KINDS_MAX = 200
VALUE_LENGTH_MAX = 80


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
    """A dry run to be done: the file, what was declared about it, and where its results go."""

    file: Path
    file_name: str
    datum: Datum
    columns: dict[str, str]
    time_zone: str
    bounds: tuple[float, float, float, float]
    streets: Path | None
    now: dt.datetime
    progress: Path
    good: Path
    refused_csv: Path
    refused_xlsx: Path


def look(file: Path, file_name: str, columns: Mapping[str, str]) -> PreviewOut:
    """The first look at a file. Raises `RoutingError` with words that name `file_name`."""
    with _named(file, file_name):
        _refuse_bomb(file)
        seen = preview(file, columns)
    _refuse_many(seen.row_count)
    return PreviewOut(
        columns=[ColumnOut(each.header, each.field, each.person, list(each.cells)) for each in seen.columns],
        missing=list(seen.missing),
        row_count=seen.row_count,
        places=dict(seen.places),
    )


def check(reading: Reading) -> CheckOut:
    """The dry run: leaves the good and the refused rows beside the file and tells what it found.

    Raises `RoutingError` with words that name the file as its officer does.
    """

    def tell(share: float) -> None:
        # The folder is gone once nobody waits any more.
        with contextlib.suppress(FileNotFoundError):
            reading.progress.write_text(f"{0.9 * share:.3f}")

    with _named(reading.file, reading.file_name):
        _refuse_bomb(reading.file)
        read = read_incidents(
            reading.file,
            datum=reading.datum,
            time_zone=ZoneInfo(reading.time_zone),
            columns=reading.columns,
            area=Bounds(*reading.bounds),
            now=reading.now,
            on_progress=tell,
        )
    _refuse_many(read.row_count)
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


def _refuse_bomb(file: Path) -> None:
    """Refuse a spreadsheet that would unpack into more than memory is for."""
    if not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as packed:
        unpacked = sum(each.file_size for each in packed.infolist())
    if unpacked > UNPACKED_BYTES_MAX:
        words = Words(
            zh="表格展开后太大，无法读取：请只保留警情一张表，或另存为 CSV。",
            en="the spreadsheet unpacks into too much: keep the one sheet of incidents, or save it as CSV.",
        )
        raise IncidentFileError("too_large_inside", words, field="file", value=unpacked)


def _refuse_many(row_count: int) -> None:
    if row_count > ROWS_MAX:
        words = Words(
            zh=f"文件有 {row_count} 行，一次最多 {ROWS_MAX} 行：请按时间分成几个文件。",
            en=f"the file has {row_count} rows, at most {ROWS_MAX} at once: split it by time.",
        )
        raise IncidentFileError("too_many_rows", words, field="file", value=row_count)


@contextlib.contextmanager
def _named(file: Path, file_name: str) -> Iterator[None]:
    """Have errors name the file as its officer does, never where it lies on this machine."""
    try:
        yield
    except RoutingError as error:
        words = Words(*(text.replace(str(file), file_name) for text in (error.words.zh, error.words.en)))
        value = error.value.replace(str(file), file_name)
        raise type(error)(error.code, words, field=error.field, value=value) from None
