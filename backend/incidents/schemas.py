"""Wire types of incidents: the import of a file, and the harm table."""

import datetime as dt
import uuid
from typing import Any, Literal

import msgspec

type LonLat = tuple[float, float]
type ImportState = Literal[
    "looking", "ready", "checking", "checked", "importing", "imported", "failed", "discarded"
]
type DatumName = Literal["wgs84", "gcj02", "bd09"]
type FieldName = Literal["id", "time", "date", "lon", "lat", "kind", "weight", "source"]
type TableFormat = Literal["csv", "xlsx"]


class ColumnOut(msgspec.Struct):
    """A column of the file: what it was taken for, and some cells; none where it is about persons, or holds sentences,
    which are not kept either."""

    header: str
    field: FieldName | None
    person: bool
    sentences: bool
    cells: list[str]


class PreviewOut(msgspec.Struct):
    """The first look at a file; `places` are the same rows in WGS-84, once for each datum they may be in."""

    columns: list[ColumnOut]
    missing: list[FieldName]
    row_count: int
    places: dict[DatumName, list[LonLat]]


class Sample(msgspec.Struct):
    """One row that a finding is about; `row` is its line in the file, as Excel counts."""

    row: int
    column: str
    value: str


class FindingGroup(msgspec.Struct):
    """All findings of one code: how many rows, and some of them. Rows of an error are left out, others are kept."""

    code: str
    error: bool
    rows: int
    samples: list[Sample]


class KindCount(msgspec.Struct):
    """A kind in the file and how many good rows have it; `known` is whether the district or the usual list knows it."""

    kind: str
    rows: int
    known: bool = True


class CheckOut(msgspec.Struct):
    """What a dry run found. `known` rows are in the district already and would add nothing; `corrected` ones would take
    the place of what stands there under their number."""

    row_count: int
    accepted: int
    refused: int
    known: int
    corrected: int
    findings: list[FindingGroup]
    dropped_columns: list[str]
    kinds: list[KindCount]
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    day_only: int
    from_patrols: int
    places: list[LonLat]


class ImportFailure(msgspec.Struct):
    """Why a file could not be read or imported: a code, and the field, value and words that say more."""

    code: str
    params: dict[str, Any]


class SameFile(msgspec.Struct):
    """An earlier import of the very same bytes."""

    imported_at: dt.datetime
    by_name: str
    added: int


class ImportOut(msgspec.Struct):
    """A file on its way in. `run` names the reading that `preview` and `report` are of; `delete_at` is when what was kept
    of the file is deleted at the latest."""

    id: uuid.UUID
    area_id: uuid.UUID
    state: ImportState
    file_name: str
    file_bytes: int
    file_gone: bool
    datum: DatumName | None
    columns: dict[str, str]
    run: int
    progress: float
    preview: PreviewOut | None
    report: CheckOut | None
    failure: ImportFailure | None
    added: int
    corrected: int
    same_file: SameFile | None
    created_by_name: str
    created_at: dt.datetime
    delete_at: dt.datetime
    imported_at: dt.datetime | None


class ImportLine(msgspec.Struct):
    """An import in a list."""

    id: uuid.UUID
    state: ImportState
    file_name: str
    accepted: int | None
    refused: int | None
    added: int
    created_by_name: str
    created_at: dt.datetime
    imported_at: dt.datetime | None


class ImportList(msgspec.Struct):
    """A page of imports, the latest first."""

    items: list[ImportLine]
    next: str | None


class ColumnsIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which header is which field, where the usual names do not fit; "" says that the file has no such column."""

    columns: dict[FieldName, str]


class CheckIn(msgspec.Struct, forbid_unknown_fields=True):
    """What the file's coordinates are in; declared, never guessed."""

    datum: DatumName


class ConfirmIn(msgspec.Struct, forbid_unknown_fields=True):
    """The reading whose report the officer has seen."""

    run: int


class KindWhy(msgspec.Struct):
    """A reason in both languages."""

    zh: str
    en: str


class IncidentKindOut(msgspec.Struct):
    """A kind of incident and what holds for it in the district.

    `private` kinds are never learned from and never shown to volunteers; where they are `always_private`, by their name,
    that cannot be changed. `assigned` is whether the district decided about it, `known` whether its name is on the usual list; one that is neither waits to
    be assigned. `version` is 0 before the first decision.
    """

    kind: str
    name_zh: str
    name_en: str
    incidents: int
    weight: float
    counted: bool
    shown: bool
    private: bool
    always_private: bool
    known: bool
    assigned: bool
    why: KindWhy | None
    version: int
    changed_at: dt.datetime | None
    changed_by_name: str


class KindTable(msgspec.Struct):
    """The harm table of a district, what waits to be assigned first, then by how many incidents."""

    items: list[IncidentKindOut]
    weight_max: float


class KindChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to hold for a kind from now on; `version` is the one that was looked at."""

    area_id: uuid.UUID
    kind: str
    version: int
    weight: float
    counted: bool
    shown: bool
    private: bool = False


class IncidentNew(msgspec.Struct, forbid_unknown_fields=True):
    """One incident that just happened: its kind as the harm table names it, when, and where in WGS-84. `id` is the desk's."""

    id: uuid.UUID
    area_id: uuid.UUID
    kind: str
    at: dt.datetime
    lon: float
    lat: float


class IncidentPosted(msgspec.Struct):
    """It is kept; `grave` says whether tonight's plans are thought over because of it."""

    id: uuid.UUID
    grave: bool
