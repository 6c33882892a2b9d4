"""A first look at an incident file, before anything is decided: its columns, some cells, and where its places would lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.columns import Field, guess_columns, missing_fields, person_columns, sentence_columns
from routing.geo import DATUMS, Datum, to_wgs84
from routing.person import without_persons
from routing.table_file import Row, Table

CELLS_SHOWN = 3
CELL_LENGTH_MAX = 60
PLACES_SHOWN = 300


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column: what it was taken for, and some of its cells; none of a column about persons or of free text."""

    header: str
    field: Field | None
    person: bool
    sentences: bool
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands in a file: its columns, the fields that are missing, and up to 300 of its places.

    `places` holds the same rows' places (lon, lat in WGS-84) once for each datum they may be in.
    """

    columns: tuple[ColumnSeen, ...]
    missing: tuple[Field, ...]
    row_count: int
    places: dict[Datum, list[tuple[float, float]]]


def preview(table: Table, columns: Mapping[str, str] | None = None) -> Preview:
    """Look at a file's rows; `columns` (field -> header) as in `read_incidents`."""
    at, index = guess_columns(table, columns)
    persons = person_columns(table, at, index)
    sentences = sentence_columns(table, at, index) - persons
    fields: dict[int, Field] = {}
    for field, column in index.items():
        if column not in persons:
            fields[column] = field
    below = table.rows[at + 1 :]
    seen = tuple(
        ColumnSeen(
            header,
            fields.get(n),
            n in persons,
            n in sentences,
            () if n in persons | sentences else _cells(below, n),
        )
        for n, header in enumerate(table.rows[at].cells)
    )
    return Preview(seen, tuple(missing_fields(list(fields.values()))), len(below), _places(below, index))


def _cells(rows: Sequence[Row], column: int) -> tuple[str, ...]:
    """The first different cells of a column that are not empty, without persons' numbers that stand in a sentence."""
    found: dict[str, None] = {}
    for row in rows:
        if column < len(row.cells) and (cell := without_persons(row.cells[column])):
            found[cell[:CELL_LENGTH_MAX]] = None
        if len(found) == CELLS_SHOWN:
            break
    return tuple(found)


def _places(rows: Sequence[Row], index: Mapping[Field, int]) -> dict[Datum, list[tuple[float, float]]]:
    """Places of rows spread over the file, by datum; rows whose place cannot be read are passed over."""
    if "lon" not in index or "lat" not in index:
        return {}
    given: list[tuple[float, float]] = []
    for row in rows[:: max(1, len(rows) // (2 * PLACES_SHOWN))]:
        try:
            lon, lat = float(row.cells[index["lon"]]), float(row.cells[index["lat"]])
        except (ValueError, IndexError):
            continue
        if abs(lon) <= 180 and abs(lat) <= 90 and (lon or lat):
            given.append((lon, lat))
        if len(given) == PLACES_SHOWN:
            break
    lon, lat = np.array([each[0] for each in given]), np.array([each[1] for each in given])
    places: dict[Datum, list[tuple[float, float]]] = {}
    for datum in DATUMS:
        lons, lats = to_wgs84(lon, lat, datum)
        places[datum] = list(zip(np.round(lons, 6).tolist(), np.round(lats, 6).tolist(), strict=True))
    return places
