"""`lexun incidents`: looking at a file of past incidents, and importing it into a district."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from routing.geo import DATUMS, Bounds, Datum
from routing.incident import IncidentFile, read_incidents
from routing.words import RoutingError

OUTSIDE_MAX_M = 500.0
BAD_INPUT = 2
FINDINGS_SHOWN = 10

_WORDS = {
    "missing_coordinates": "no coordinates",
    "bad_coordinates": "coordinates that are no numbers on earth",
    "zero_coordinates": "coordinates 0, 0",
    "swapped_coordinates": "longitude and latitude swapped",
    "outside_area": "outside the district",
    "bad_time": "a time that cannot be read",
    "future_time": "a time in the future",
    "missing_category": "no kind",
    "duplicate": "in the file twice",
    "person_column": "column about persons, not read",
    "no_category_column": "no column with the kind of incident",
    "bad_weight": "a weight that is no number; 1 is used",
}


class BadInput(click.ClickException):
    """Input that cannot be used: one line, exit code 2."""

    exit_code = BAD_INPUT


def _columns(_context: click.Context, _option: click.Parameter, value: str | None) -> dict[str, str] | None:
    """FIELD=HEADER,… as a mapping."""
    if value is None:
        return None
    pairs = [part.partition("=") for part in value.split(",")]
    if not all(field.strip() and header.strip() for field, _, header in pairs):
        raise click.BadParameter(f"{value!r} is not FIELD=HEADER,... such as time=报警时间,lon=经度,lat=纬度")
    return {field.strip(): header.strip() for field, _, header in pairs}


def _zone(_context: click.Context, _option: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise click.BadParameter(f"{value!r} is not a time zone such as Asia/Shanghai") from None


def _reading_options(command: Any) -> Any:
    """The options that both commands share."""
    command = click.option(
        "--columns", callback=_columns, help="Columns by hand: time=...,lon=...,lat=...,kind=...,id=..."
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
def check(file: Path, datum: Datum, columns: dict[str, str] | None, time_zone: ZoneInfo) -> None:
    """Say what a file (CSV, xlsx) holds and which rows cannot be used, without importing anything."""
    read = _read(file, datum, columns, time_zone, None)
    _report(read)
    sys.exit(0 if read.incidents else BAD_INPUT)


@incidents.command("import")
@_reading_options
@click.option("--area", required=True, help="The district's path, such as lewan.")
def import_file(file: Path, datum: Datum, columns: dict[str, str] | None, area: str) -> None:
    """Import a file (CSV, xlsx) into a district. Importing it again adds nothing."""
    from backend.areas import service as areas
    from backend.cli import run_connected, settings_or_exit
    from backend.incidents import service

    async def work() -> None:
        found = await areas.by_path(area)
        if found is None:
            raise BadInput(f"there is no area {area!r}; give the path of one that was set up")
        district = await areas.district_of(found)
        bounds = Bounds(district.west, district.south, district.east, district.north).padded(OUTSIDE_MAX_M)
        read = _read(file, datum, columns, ZoneInfo(district.time_zone), bounds)
        _report(read)
        if not read.incidents:
            raise BadInput(f"{file}: no row can be used; nothing was imported")
        report = await service.import_incidents(district, read.incidents, file.name)
        click.echo(f"{report.added} incidents added to {district.path}, {report.known} were there already.")

    run_connected(settings_or_exit(), work)


def _read(
    file: Path, datum: Datum, columns: dict[str, str] | None, zone: ZoneInfo, bounds: Bounds | None
) -> IncidentFile:
    try:
        return read_incidents(file, datum=datum, time_zone=zone, columns=columns, area=bounds)
    except RoutingError as error:
        raise BadInput(str(error)) from None
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}; check the path") from None


def _report(read: IncidentFile) -> None:
    """Print what was understood, and what was not, by kind and with the first lines."""
    taken = ", ".join(f"{field} = {header}" for field, header in read.columns.items())
    click.echo(f"Columns: {taken}")
    if read.incidents:
        first, last = min(each.at for each in read.incidents), max(each.at for each in read.incidents)
        click.echo(
            f"{len(read.incidents)} of {read.row_count} rows can be used, from {first:%Y-%m-%d} to {last:%Y-%m-%d}."
        )
    else:
        click.echo(f"0 of {read.row_count} rows can be used.")
    for code, times in Counter(finding.code for finding in read.findings).most_common():
        lines = [finding.line for finding in read.findings if finding.code == code and finding.line]
        where = (
            f": lines {', '.join(map(str, lines[:FINDINGS_SHOWN]))}{' …' if len(lines) > FINDINGS_SHOWN else ''}"
            if lines
            else ""
        )
        click.echo(f"  {times} x {_WORDS[code]}{where}")
