"""`lexun evaluate`: what a file of incidents says about the coming week, and how well the last weeks' maps would have done."""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.progress import Progress

from routing.columns_option import read_columns
from routing.community_file import Community, read_communities
from routing.evaluate import walk_forward
from routing.evaluate_report import Evaluation, as_json, print_report
from routing.forecast_cli import BadInput, hours_of_shift, shift_option, speaks_chinese
from routing.forecast_ground import Ground
from routing.forecast_past import Reports
from routing.forecast_reports import reports_of, residents_reports
from routing.geo import DATUMS, Datum, LocalPlane
from routing.harm_table import read_harm_table
from routing.incident import Incident, read_incidents
from routing.kinds import KindRule, rule_of
from routing.outlook import make_outlook
from routing.outlook_raised import measure_kinds
from routing.words import RequestError, RoutingError, Words

CELL_RANGE_M = (100.0, 250.0)


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
    "--columns", callback=read_columns, help="Columns by hand: time=...,lon=...,lat=...,kind=...,id=..."
)
@click.option(
    "--kind", "kinds", multiple=True, help="Only kinds with this in their name; may be given again."
)
@click.option(
    "--kinds-table",
    type=click.Path(path_type=Path),
    help="The district's table of kinds: CSV or xlsx with kind, weight, counted, private.",
)
@click.option(
    "--communities",
    type=click.Path(path_type=Path),
    help="Who gets patrols: GeoJSON areas with name, residents, patrol_minutes (of the last 28 days).",
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
@click.option("--json", "as_object", is_flag=True, help="Print JSON.")
def evaluate(
    file: Path,
    datum: Datum,
    time_zone: str,
    columns: dict[str, str] | None,
    kinds: tuple[str, ...],
    kinds_table: Path | None,
    communities: Path | None,
    weeks: int,
    end: datetime | None,
    cell_m: float,
    shift: int | None,
    as_object: bool,
) -> None:
    """Say what FILE (CSV, xlsx, GeoJSON; gzip too) tells of the coming week, and compare the last weeks' forecasts with the
    plain count.

    Prints how old the data are, the first places with reasons and how sure that is, how last week's map did, hit rate, PAI
    and PEI at 1, 2 and 5 % of the area over WEEKS weeks, each made from what was known before it, the table of kinds, and
    patrol minutes by community.
    """
    zone = _zone(time_zone)
    try:
        rules = read_harm_table(kinds_table) if kinds_table else {}
        served = read_communities(communities) if communities else None
        read = read_incidents(file, datum=datum, time_zone=zone, columns=columns)
        found = _evaluation(file, read.incidents, kinds, rules, weeks, end, zone, cell_m, shift, served)
    except RoutingError as error:
        raise BadInput(error.words.zh if speaks_chinese() else error.words.en) from error
    if as_object:
        click.echo(json.dumps(as_json(found), ensure_ascii=False))
    else:
        print_report(found)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"--time-zone {name!r} is not a time zone such as Asia/Shanghai") from None


def _evaluation(
    file: Path,
    incidents: list[Incident],
    kinds: tuple[str, ...],
    rules: Mapping[str, KindRule],
    weeks: int,
    end: datetime | None,
    zone: ZoneInfo,
    cell_m: float,
    shift: int | None,
    served: list[Community] | None,
) -> Evaluation:
    named = [each for each in incidents if not kinds or any(kind in each.kind for kind in kinds)]
    until, reports = _reports(file, named, rules, end, zone)
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
    outlook = make_outlook(named, until, zone, cell_m=cell_m, rules=rules)
    return Evaluation(
        walked, measure_kinds(reports), outlook, named, dict(rules), hours_of_shift(shift), served
    )


def _reports(
    file: Path,
    named: list[Incident],
    rules: Mapping[str, KindRule],
    end: datetime | None,
    zone: ZoneInfo,
) -> tuple[datetime, Reports]:
    """The residents' reports to forecast from, and the midnight that they end before."""
    wanted = [each for each in named if rule_of(each.kind, rules).used]
    if not wanted:
        words = Words(
            zh=f"{file} 中没有可用的警情；请检查文件、--kind 和权重表。",
            en=f"{file} holds no incident that can be used; check the file, --kind and the table of kinds.",
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
    return until, reports_of(known, until, plane)
