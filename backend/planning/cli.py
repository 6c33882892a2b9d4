"""`lexun plans`: giving a district's plans to other programs as files, and taking plans from files."""

import datetime as dt
import sys
import uuid
from pathlib import Path

import click

from routing.exchange import FormatName
from routing.exchange_formats import FORMATS

BAD_INPUT = 2


class BadInput(click.ClickException):
    """Input that cannot be used: one line, exit code 2."""

    exit_code = BAD_INPUT


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> dt.datetime | None:
    if value is None:
        return None
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"{value!r} is no time with its offset, such as 2026-06-05T20:00+08:00")
    return at


def _format_of(path: Path) -> FormatName:
    for name in FORMATS:
        if path.suffix.lower() == f".{name}":
            return name
    raise BadInput(f"{path}: name a file that ends with .{', .'.join(FORMATS)}")


@click.group()
def plans() -> None:
    """Plans of a district: write one to a file, take one from a file."""


@plans.command("export")
@click.argument("plan_id", type=click.UUID)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_file(plan_id: uuid.UUID, file: Path) -> None:
    """Write a plan's routes to FILE: .geojson, .gpx or .xlsx by its ending. The plan's id is in its address."""
    from backend.cli import run_connected, settings_or_exit
    from backend.core.problems import Problem
    from backend.planning import service

    kind = _format_of(file)

    async def work() -> bytes:
        try:
            _, data = await service.export_for_operator(plan_id, kind)
        except Problem as problem:
            raise BadInput(f"plan {plan_id}: {problem.detail}") from None
        return data

    data = run_connected(settings_or_exit(), work)
    try:
        file.write_bytes(data)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"Plan written to {file}.")


@plans.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--area", "area_path", required=True, help="The area's path, such as lewan.")
@click.option("--by", "phone", required=True, help="The phone of the officer whose plan it becomes.")
@click.option("--starts-at", callback=_moment, help="Put it on another evening: 2026-06-05T20:00+08:00.")
def import_file(file: Path, area_path: str, phone: str, starts_at: dt.datetime | None) -> None:
    """Take a plan from FILE (GeoJSON, GPX or xlsx); its routes wait on the desk as drafts."""
    from backend.cli import run_connected, settings_or_exit
    from backend.core.ids import uuid7
    from backend.core.problems import Problem
    from backend.planning import service

    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}; check the path") from None

    async def work() -> None:
        try:
            plan = await service.import_for_operator(phone, area_path, uuid7(), data, starts_at)
        except service.PlanFileRefused as refused:
            for fault in refused.params["faults"]:
                click.echo(f"{file}: {fault['en']}", err=True)
            click.echo(f"{file}: nothing was imported.", err=True)
            sys.exit(BAD_INPUT)
        except Problem as problem:
            raise BadInput(f"{file}: {problem.detail}") from None
        click.echo(f"Plan {plan.id} with {plan.team_count} routes waits on the desk.")

    run_connected(settings_or_exit(), work)
