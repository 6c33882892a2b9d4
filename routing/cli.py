"""`lexun plan`: from a file of incidents and a file of streets to tonight's patrols as GeoJSON."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from routing.datum_check import check_datum, check_inside
from routing.daylight import night_within
from routing.geo import DATUMS, Datum
from routing.incident import IncidentFile, read_incidents
from routing.moment import read_window
from routing.night import (
    STAGES,
    NightPlan,
    NightRequest,
    Stage,
    TeamRequest,
    check_team_count,
    plan_night,
)
from routing.night import Progress as Step
from routing.night_spots import INSIDE_MARGIN_M
from routing.plan_file import plan_table, write_plan
from routing.streets import Position, StreetGraph, load_streets
from routing.warm import warm_up
from routing.words import RequestError, RoutingError, Words

BAD_INPUT = 2
STALE_AFTER = timedelta(days=30)
STAGE_WORDS: dict[Stage, Words] = {
    "streets": Words("读取街道和警情", "reading streets and incidents"),
    "hotspots": Words("寻找热点", "finding hotspots"),
    "distances": Words("计算步行距离", "measuring walks"),
    "routes": Words("求解路线", "solving routes"),
    "lines": Words("绘制路线", "drawing routes"),
}


class BadInput(click.ClickException):
    """Input that cannot be used: one line on standard error, exit code 2."""

    exit_code = BAD_INPUT

    def show(self, file: Any = None) -> None:
        """Print the one line."""
        click.echo(f"lexun plan: {' '.join(self.message.split())}", file=file, err=file is None)


class OneLineCommand(click.Command):
    """A command whose usage errors are one line like all its others."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise BadInput(f"{error.format_message()} Try 'lexun plan --help'.") from error


class PositionType(click.ParamType[Position]):
    """LON,LAT in degrees."""

    name = "LON,LAT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Position:
        """Two finite numbers with a comma between them."""
        try:
            lon, lat = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not LON,LAT such as 116.3200,40.0010", param, ctx)
        if not np.isfinite([lon, lat]).all():
            self.fail(f"{value!r} is not a place; write LON,LAT such as 116.3200,40.0010", param, ctx)
        return lon, lat


class ColumnsType(click.ParamType[dict[str, str]]):
    """FIELD=HEADER pairs with commas between them."""

    name = "FIELD=HEADER,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """A mapping from field to header."""
        if isinstance(value, dict):
            return cast("dict[str, str]", value)
        pairs = [part.partition("=") for part in str(value).split(",")]
        if not all(field.strip() and header.strip() for field, _, header in pairs):
            self.fail(
                f"{value!r} is not FIELD=HEADER,... such as time=报警时间,lon=经度,lat=纬度", param, ctx
            )
        return {field.strip(): header.strip() for field, _, header in pairs}


class ZoneType(click.ParamType[tzinfo]):
    """The IANA name of a time zone."""

    name = "ZONE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """The zone of that name."""
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is not a time zone such as Asia/Shanghai", param, ctx)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the command was given to read, and where it has to write."""

    incidents: Path
    streets: Path
    datum: Datum
    columns: dict[str, str]
    out: Path


@click.command(cls=OneLineCommand)
@click.option(
    "--incidents", required=True, type=click.Path(path_type=Path), help="Past incidents: CSV or xlsx."
)
@click.option(
    "--streets", required=True, type=click.Path(path_type=Path), help="The area's streets: .osm.pbf."
)
@click.option(
    "--datum",
    required=True,
    type=click.Choice(DATUMS, case_sensitive=False),
    help="What the incidents' coordinates are in.",
)
@click.option("--teams", default=4, show_default=True, help="How many teams walk.")
@click.option(
    "--from", "start", required=True, type=PositionType(), help="Where they start and end, in WGS-84."
)
@click.option("--minutes", default=90.0, show_default=True, help="How long each team is out.")
@click.option("--dwell-min", default=12.0, show_default=True, help="How long they stay at each stop.")
@click.option(
    "--window", required=True, help="START/END in RFC 3339: 2026-06-05T20:00+08:00/2026-06-05T23:00+08:00."
)
@click.option(
    "--time-zone", type=ZoneType(), help="Zone of the incidents' times.  [default: the window's offset]"
)
@click.option(
    "--columns", type=ColumnsType(), help="Columns by hand: time=...,lon=...,lat=...,kind=...,id=..."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Same seed, same file."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The GeoJSON file to write.")
def plan(
    incidents: Path,
    streets: Path,
    datum: str,
    teams: int,
    start: Position,
    minutes: float,
    dwell_min: float,
    window: str,
    time_zone: tzinfo | None,
    columns: dict[str, str] | None,
    seed: int,
    out: Path,
) -> None:
    """Plan patrols: find the hotspots of a time window and route teams through them along real streets.

    Reads past incidents and an OpenStreetMap extract; writes a GeoJSON FeatureCollection with a line for
    each team and its stops as points. Where any of the window is dark, ways without lamps are avoided where that is
    not much longer. The same seed gives the same file.
    """
    inputs = Inputs(incidents, streets, next(known for known in DATUMS if known == datum), columns or {}, out)
    try:
        opens, closes = read_window(window)
        check_team_count(teams)
        crew = tuple(TeamRequest("", start, minutes) for _ in range(teams))
        dark = night_within(opens, closes, *start)
        request = NightRequest(opens, closes, crew, dwell_min=dwell_min, dark=dark)
        _check_out(inputs)
        file, night = _planned(inputs, request, time_zone or cast("tzinfo", opens.tzinfo), seed)
        write_plan(out, night)
    except RoutingError as error:
        raise BadInput(error.words.zh if _speaks_chinese() else error.words.en) from error
    except OSError as error:
        raise BadInput(
            f"{error.filename or out} cannot be used: {error.strerror}; check the path."
        ) from error
    _print_summary(file, night, out)


def _planned(
    inputs: Inputs, request: NightRequest, time_zone: tzinfo, seed: int
) -> tuple[IncidentFile, NightPlan]:
    with _ProgressBar() as tell:
        tell(Step("streets", 0, 1))
        graph = load_streets(inputs.streets)
        read = partial(
            read_incidents,
            inputs.incidents,
            time_zone=time_zone,
            columns=inputs.columns,
            area=graph.bounds.padded(INSIDE_MARGIN_M),
            now=request.window_start,
        )
        file = read(datum=inputs.datum)
        if file.incidents and _outside(file) > len(file.incidents):
            check_inside(len(file.incidents), inputs.datum, lambda other: len(read(datum=other).incidents))
        _check_places(file, inputs, graph)
        warm_up(_tell_a_person)
        return file, plan_night(file.incidents, graph, request, seed=seed, on_progress=tell)


def _tell_a_person(line: str) -> None:
    """Say what takes long where somebody watches; scripts want silence."""
    if sys.stderr.isatty():
        click.echo(line, err=True)


def _check_out(inputs: Inputs) -> None:
    out = inputs.out
    if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        words = Words(
            zh=f"无法写入 {out}：请给出一个已有且可写的文件夹中的文件名。",
            en=f"out {out} cannot be written: name a file in a folder that exists and is writable.",
        )
        raise RequestError("bad_out", words, field="out", value=out)
    if any(
        out.exists() and path.exists() and out.samefile(path) for path in (inputs.incidents, inputs.streets)
    ):
        words = Words(
            zh=f"{out} 是输入文件：请换一个输出文件名。", en=f"out {out} is an input file: name another."
        )
        raise RequestError("bad_out", words, field="out", value=out)


def _check_places(file: IncidentFile, inputs: Inputs, graph: StreetGraph) -> None:
    """No row inside the streets, or a datum that does not fit them, ends the command before any planning."""
    if file.incidents:
        lon, lat = np.array([i.lon for i in file.incidents]), np.array([i.lat for i in file.incidents])
        check_datum(lon, lat, inputs.datum, graph)
        return
    reasons = _reasons(file) or "-"
    words = Words(
        zh=f"警情文件 {inputs.incidents} 的 {file.row_count} 行中没有一行可用（{reasons}）；街道覆盖 {graph.bounds}；"
        "请检查坐标系、时间窗，以及两个文件是否同一区域。",
        en=f"incidents file {inputs.incidents} has no usable row of {file.row_count} ({reasons}); the streets cover "
        f"{graph.bounds}: check the datum, the window, and that both files are of one area.",
    )
    raise RequestError("no_incident_inside", words, field="incidents", value=inputs.incidents)


def _outside(file: IncidentFile) -> int:
    return sum(finding.code == "outside_area" for finding in file.findings)


def _reasons(file: IncidentFile) -> str:
    counted = Counter(finding.code for finding in file.findings if finding.is_error)
    return ", ".join(f"{count} {code}" for code, count in counted.most_common())


class _ProgressBar:
    """A progress bar on standard error when that is a terminal, silence when it is not."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[score]}"),
            TimeElapsedColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=len(STAGES), score="")

    def __enter__(self) -> Callable[[Step], None]:
        self._bar.start()
        return self._tell

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def _tell(self, step: Step) -> None:
        words = STAGE_WORDS[step.stage]
        self._bar.update(
            self._task,
            description=words.zh if _speaks_chinese() else words.en,
            completed=STAGES.index(step.stage) + step.done / max(1, step.total),
            score=f"{step.score:.1f}" if step.score else "",
        )


def _print_summary(file: IncidentFile, night: NightPlan, out: Path) -> None:
    heading, *rows = plan_table(night)
    table = Table(box=None, pad_edge=False)
    for title in heading:
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(*row)
    console = Console(file=sys.stdout, width=100, highlight=False)
    left_out = f", left out: {reasons}" if (reasons := _reasons(file)) else ""
    console.print(f"{len(file.incidents)} of {file.row_count} incidents used{left_out}", markup=False)
    persons = [finding.column for finding in file.findings if finding.code == "person_column"]
    if persons:
        console.print(f"columns about persons, not read: {', '.join(persons)}", markup=False)
    newest = max(incident.at for incident in file.incidents)
    if (age := night.window_start - newest) > STALE_AFTER:
        console.print(f"the newest incident is {age.days} days older than the window", markup=False)
    console.print(table)
    share = night.score / night.hotspots_score if night.hotspots_score else 0.0
    console.print(
        f"score {night.score:.1f} of {night.hotspots_score:.1f} ({share:.0%}), written to {out}",
        markup=False,
        soft_wrap=True,
    )


def _speaks_chinese() -> bool:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return spoken.lower().startswith("zh")
