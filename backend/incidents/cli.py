"""`lexun incidents`: looking at a file of past incidents, and importing it into a district."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import numpy as np

from backend.incidents.checking import report_json, report_lines
from routing.columns_option import read_columns
from routing.datum_check import check_datum
from routing.geo import DATUMS, Datum, Region
from routing.incident import Finding, IncidentFile, read_incidents
from routing.refused_file import refused_csv, refused_xlsx
from routing.words import RequestError, RoutingError

OUTSIDE_MAX_M = 500.0
BAD_INPUT = 2
STEPS = 100


class BadInput(click.ClickException):
    """Input that cannot be used: one line, exit code 2."""

    exit_code = BAD_INPUT


def _zone(_context: click.Context, _option: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise click.BadParameter(f"{value!r} is not a time zone such as Asia/Shanghai") from None


def _reading_options(command: Any) -> Any:
    """The options that both commands share."""
    command = click.option(
        "--columns", callback=read_columns, help="Columns by hand: time=...,lon=...,lat=...,kind=...,id=..."
    )(command)
    command = click.option(
        "--datum", required=True, type=click.Choice(DATUMS), help="What the coordinates are in."
    )(command)
    return click.argument("file", type=click.Path(path_type=Path))(command)


@click.group()
def incidents() -> None:
    """Past incidents of a district: check a file, import it."""


@incidents.command()
@_reading_options
@click.option(
    "--time-zone",
    default="Asia/Shanghai",
    show_default=True,
    callback=_zone,
    help="Zone of times without an offset.",
)
@click.option(
    "--streets",
    type=click.Path(path_type=Path),
    help="The area's .osm.pbf: rows over 500 m outside it are refused, and a wrong datum is told.",
)
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows that cannot be used, with the reason, to this .csv or .xlsx.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of sentences.")
def check(
    file: Path,
    datum: Datum,
    columns: dict[str, str] | None,
    time_zone: ZoneInfo,
    streets: Path | None,
    refused: Path | None,
    as_json: bool,
) -> None:
    """Say what a file (CSV, xlsx, GeoJSON) holds and which rows cannot be used, without importing anything.

    Ends with 0 when every row was read, whatever was found in it, and with 2 when the file could not be read.
    """
    if refused is not None and refused.suffix.lower() not in (".csv", ".xlsx"):
        raise BadInput(f"--refused {refused}: name a file that ends with .csv or .xlsx")
    read = _read(file, datum, columns, time_zone, streets)
    if refused is not None:
        data = refused_xlsx(read) if refused.suffix.lower() == ".xlsx" else refused_csv(read)
        try:
            refused.write_bytes(data)
        except OSError as error:
            raise BadInput(f"--refused {refused} cannot be written: {error.strerror}") from None
    if as_json:
        click.echo(report_json(read))
        return
    for line in report_lines(read):
        click.echo(line)
    if refused is not None:
        click.echo(f"{len(read.refused)} refused rows written to {refused}.")


@incidents.command("import")
@_reading_options
@click.option("--area", required=True, help="The district's path, such as lewan.")
def import_file(file: Path, datum: Datum, columns: dict[str, str] | None, area: str) -> None:
    """Import a file (CSV, xlsx, GeoJSON) into a district. Importing it again adds nothing; corrected rows replace theirs."""
    from backend.cli import run_connected, settings_or_exit

    run_connected(settings_or_exit(), lambda: import_into(area, file, datum, columns))


async def import_into(area: str, file: Path, datum: Datum, columns: dict[str, str] | None) -> None:
    """Import a file into the district of an area's path, and print how that went. BadInput when nothing can be imported."""
    from backend.areas import service as areas
    from backend.incidents import service
    from routing.outline import Outline

    found = await areas.by_path(area)
    if found is None:
        raise BadInput(f"there is no area {area!r}; give the path of one that was set up")
    district = await areas.district_of(found)
    outline = Outline(district.geometry, OUTSIDE_MAX_M)
    read = _rows_of(file, datum, columns, ZoneInfo(district.time_zone), outline)
    for line in report_lines(read):
        click.echo(line)
    if not read.incidents:
        raise BadInput(f"{file}: no row can be used; nothing was imported")
    report = await service.import_incidents(district, read.incidents, file.name)
    corrected = f"{report.corrected} corrected, " if report.corrected else ""
    click.echo(
        f"{report.added} incidents added to {district.path}, {corrected}{report.known} were there already."
    )


def _read(
    file: Path, datum: Datum, columns: dict[str, str] | None, zone: ZoneInfo, streets: Path | None
) -> IncidentFile:
    """The file, held against the streets where they are given."""
    if streets is None:
        return _rows_of(file, datum, columns, zone, None)
    from routing.streets import load_streets

    try:
        graph = load_streets(streets)
    except RoutingError as error:
        raise BadInput(str(error)) from None
    read = _rows_of(file, datum, columns, zone, graph.bounds.padded(OUTSIDE_MAX_M))
    if read.incidents:
        lon, lat = (
            np.array([each.lon for each in read.incidents]),
            np.array([each.lat for each in read.incidents]),
        )
        try:
            check_datum(lon, lat, datum, graph)
        except RequestError as error:
            read.findings.append(Finding(0, "", str(error), "wrong_datum"))
    return read


def _rows_of(
    file: Path, datum: Datum, columns: dict[str, str] | None, zone: ZoneInfo, area: Region | None
) -> IncidentFile:
    try:
        with _progress(file) as tell:
            return read_incidents(
                file, datum=datum, time_zone=zone, columns=columns, area=area, on_progress=tell
            )
    except RoutingError as error:
        raise BadInput(str(error)) from None
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}; check the path") from None


@contextlib.contextmanager
def _progress(file: Path) -> Iterator[Callable[[float], None]]:
    """A bar on the terminal, if there is one, that the share done is told to."""
    bar = click.progressbar(
        length=STEPS, label=file.name, file=sys.stderr, hidden=not sys.stderr.isatty(), show_eta=False
    )
    with bar:
        yield lambda share: bar.update(round(share * STEPS) - bar.pos)
