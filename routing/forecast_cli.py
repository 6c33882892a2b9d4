"""`lexun forecast`: from a file of past reports and a file of cells to a score for every cell, for the coming week."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from routing.forecast_choice import choice_words
from routing.forecast_files import read_cells, read_reports, reports_before, write_scores
from routing.forecast_hours import SHIFT_HOURS
from routing.forecast_map import Forecast, forecast
from routing.words import RoutingError, Words

BAD_INPUT = 2
SHIFTS = ("0", "1", "2")
SHIFT_WORDS = (Words("0–8 点", "0:00-8:00"), Words("8–16 点", "8:00-16:00"), Words("16–24 点", "16:00-24:00"))


class BadInput(click.ClickException):
    """Input that cannot be used: one line on standard error, exit code 2."""

    exit_code = BAD_INPUT

    def show(self, file: Any = None) -> None:
        """Print the one line."""
        click.echo(f"lexun: {' '.join(self.message.split())}", file=file, err=file is None)


class ShiftType(click.ParamType[int | None]):
    """Nothing for the whole day, or 0, 1, 2."""

    name = "0|1|2"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The shift's number."""
        if value is None or value == "" or isinstance(value, int):
            return None if value == "" else value
        if value not in SHIFTS:
            self.fail(f"{value!r} is no shift: leave it empty, or give 0, 1 or 2", param, ctx)
        return int(value)


def shift_option(command: Any) -> Any:
    """The option --shift; nothing after it means the whole day."""
    return click.option(
        "--shift",
        type=ShiftType(),
        is_flag=False,
        flag_value="",
        default=None,
        help="Only the hours from 0:00 (0), 8:00 (1) or 16:00 (2) on, eight each.",
    )(command)


def hours_of_shift(shift: int | None) -> NDArray[np.bool_] | None:
    """The hours of the week (168) that a shift covers; None for all."""
    if shift is None:
        return None
    return np.arange(168) % 24 // SHIFT_HOURS == shift


@click.command()
@click.option(
    "--incidents",
    required=True,
    type=click.Path(path_type=Path),
    help="Past reports: CSV with t, lon, lat, cat, patrol.",
)
@click.option(
    "--cells",
    required=True,
    type=click.Path(path_type=Path),
    help="Cells: CSV with cell_id, lon, lat, x, y, area_km2.",
)
@click.option(
    "--start", required=True, type=click.DateTime(("%Y-%m-%d",)), help="The first of the seven days."
)
@shift_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The CSV of scores to write.")
@click.option("--json", "as_json", is_flag=True, help="Say the choice as JSON.")
def forecast_command(
    incidents: Path, cells: Path, start: datetime, shift: int | None, out: Path, as_json: bool
) -> None:
    """Score every cell by the reports expected in it in the seven days from START.

    Only reports before START are looked at. Says which way was used, and how both did in the last weeks.
    """
    try:
        table = read_cells(cells)
        reports = read_reports(incidents)
        start_s = int((start - datetime(1970, 1, 1)).total_seconds())
        places = table.to_metres(reports.lon, reports.lat)
        past = reports_before(reports, start_s, *places)
        found = forecast(table.ground, past, hours_of_shift(shift))
        write_scores(out, table.names, found.score)
    except RoutingError as error:
        raise BadInput(error.words.zh if speaks_chinese() else error.words.en) from error
    if as_json:
        click.echo(json.dumps({**asdict(found.choice), "reports": len(past), "expected": _expected(found)}))
    else:
        words = choice_words(found.choice)
        click.echo(words.zh if speaks_chinese() else words.en)


def _expected(found: Forecast) -> float:
    return round(float((found.expected.sum(axis=0) * found.share).sum()), 3)


def speaks_chinese() -> bool:
    """Whether the terminal's locale is a Chinese one."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return spoken.lower().startswith("zh")
