"""`lexun evaluate`: how well the maps of the last weeks would have done on a file of incidents."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from routing.evaluate import Figures, Walked, figures, in_words, walk_forward
from routing.forecast_cli import BadInput, hours_of_shift, shift_option, speaks_chinese
from routing.forecast_ground import Ground
from routing.forecast_past import Reports
from routing.forecast_reports import reports_of, residents_reports
from routing.geo import DATUMS, Datum, LocalPlane
from routing.incident import read_incidents
from routing.kinds import default_rule
from routing.near_repeat import NearRepeat
from routing.outlook_raised import measure_kinds
from routing.words import RequestError, RoutingError, Words

CELL_RANGE_M = (100.0, 250.0)
TITLES_ZH = ("面积", "命中率", "95%", "计数", "PAI", "计数", "PEI", "95%", "计数", "对计数", "95%")
TITLES_EN = ("area", "hit rate", "95 %", "count", "PAI", "count", "PEI", "95 %", "count", "x count", "95 %")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--datum",
    type=click.Choice(DATUMS),
    default="wgs84",
    show_default=True,
    help="What the coordinates are in.",
)
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="Zone of the times.")
@click.option(
    "--kind", "kinds", multiple=True, help="Only kinds with this in their name; may be given again."
)
@click.option(
    "--weeks", default=13, show_default=True, type=click.IntRange(1, 260), help="How many weeks to walk."
)
@click.option(
    "--end",
    type=click.DateTime(("%Y-%m-%d",)),
    help="The day after the last week.  [default: after the newest]",
)
@click.option(
    "--cell-m", default=250.0, show_default=True, type=click.FloatRange(*CELL_RANGE_M), help="Side of a cell."
)
@shift_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    file: Path,
    datum: Datum,
    time_zone: str,
    kinds: tuple[str, ...],
    weeks: int,
    end: datetime | None,
    cell_m: float,
    shift: int | None,
    as_json: bool,
) -> None:
    """Walk through the last weeks of FILE (CSV, xlsx, GeoJSON), and compare the forecast with the plain count.

    Each week's map is made from what was known before it. Hit rate, PAI and PEI at 1, 2 and 5 % of the area.
    """
    try:
        reports, left_out = _reports(file, datum, time_zone, kinds, end)
    except RoutingError as error:
        raise BadInput(error.words.zh if speaks_chinese() else error.words.en) from error
    before = reports.age_days > 7 * weeks
    if not before.any():
        raise BadInput(f"--weeks {weeks}: {file} holds nothing before these weeks; give fewer")
    ground = Ground.around(reports.x_m[before], reports.y_m[before], cell_m)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=weeks)
        walked = walk_forward(
            ground,
            reports,
            weeks,
            hours_of_shift(shift),
            lambda done, _: bar.update(task, completed=done),
        )
    measured = figures(walked)
    near_repeat = measure_kinds(reports)
    if as_json:
        click.echo(json.dumps(_as_json(walked, measured, near_repeat, left_out)))
    else:
        _print(walked, measured, near_repeat, left_out)


def _reports(
    file: Path, datum: Datum, time_zone: str, kinds: tuple[str, ...], end: datetime | None
) -> tuple[Reports, dict[str, int]]:
    """The residents' reports of the wanted kinds, and how many of which kinds were left out as those to forecast from."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"--time-zone {time_zone!r} is not a time zone such as Asia/Shanghai") from None
    read = read_incidents(file, datum=datum, time_zone=zone)
    named = [each for each in read.incidents if not kinds or any(kind in each.kind for kind in kinds)]
    wanted = [each for each in named if default_rule(each.kind).used]
    left_out = Counter(each.kind for each in named if not default_rule(each.kind).used)
    if not wanted:
        words = Words(
            zh=f"{file} 中没有可用的警情；请检查文件和 --kind。",
            en=f"{file} holds no incident that can be used; check the file and --kind.",
        )
        raise RequestError("no_incidents", words, field="file", value=file)
    newest = max(each.at for each in wanted).astimezone(zone)
    until = (
        end.replace(tzinfo=zone) if end else datetime.combine(newest.date(), time(), zone) + timedelta(days=1)
    )
    known = residents_reports(wanted, until)
    if not known:
        raise BadInput(f"--end {until:%Y-%m-%d}: no resident's report in {file} is older")
    plane = LocalPlane.amid([each.lon for each in known], [each.lat for each in known])
    return reports_of(known, until, plane), dict(left_out.most_common())


def _as_json(
    walked: Walked,
    measured: tuple[Figures, ...],
    near_repeat: tuple[NearRepeat, ...],
    left_out: dict[str, int],
) -> dict[str, object]:
    return {
        "weeks": len(walked.happened),
        "cells": walked.cells,
        "incidents": float(walked.happened.sum()),
        "weeks_by_model": _weeks_by_model(walked),
        "figures": [asdict(each) for each in measured],
        "words": asdict(in_words(measured, len(walked.happened))),
        "near_repeat": [asdict(each) for each in near_repeat],
        "left_out": left_out,
    }


def _weeks_by_model(walked: Walked) -> int:
    return sum(choice.way == "mixture" for choice in walked.choices)


def _print(
    walked: Walked,
    measured: tuple[Figures, ...],
    near_repeat: tuple[NearRepeat, ...],
    left_out: dict[str, int],
) -> None:
    console = Console(width=110, highlight=False)
    weeks, lost = len(walked.happened), int((walked.met[:, 1] < walked.met_by_count[:, 1]).sum())
    by_model, happened = _weeks_by_model(walked), f"{walked.happened.sum():.0f}"
    head = Words(
        f"{weeks} 周，{walked.cells} 个网格，{happened} 起警情；其中 {by_model} 周的地图由模型做出，其余按计数",
        f"{weeks} weeks, {walked.cells} cells, {happened} incidents; the model made {by_model} of the maps, the count "
        "the others",
    )
    foot = Words(
        f"2% 处命中少于计数的有 {lost} 周（共 {weeks} 周）",
        f"fewer hits than the count at 2 % in {lost} of {weeks} weeks",
    )
    _say(console, head)
    console.print(_table(measured))
    for words in (foot, in_words(measured, weeks), *(each.words for each in near_repeat)):
        _say(console, words)
    for kind, count in left_out.items():
        why = default_rule(kind).why or Words("", "")
        _say(console, Words(f"{kind}（{count}）：{why.zh}", f"{kind} ({count}): {why.en}"))


def _say(console: Console, words: Words) -> None:
    console.print(words.zh if speaks_chinese() else words.en, soft_wrap=True)


def _table(measured: tuple[Figures, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in TITLES_ZH if speaks_chinese() else TITLES_EN:
        table.add_column(title, justify="right")
    for each in measured:
        table.add_row(
            f"{each.share:.0%}",
            f"{each.hit_rate:.3f}",
            "{:.3f}-{:.3f}".format(*each.hit_rate_range),
            f"{each.count_hit_rate:.3f}",
            f"{each.pai:.1f}",
            f"{each.count_pai:.1f}",
            f"{each.pei:.3f}",
            "{:.3f}-{:.3f}".format(*each.pei_range),
            f"{each.count_pei:.3f}",
            f"{each.against_count:.3f}",
            "{:.3f}-{:.3f}".format(*each.against_count_range),
        )
    return table
