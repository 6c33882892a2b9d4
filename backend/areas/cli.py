"""`lexun area`: giving an area its map from a street file."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

BAD_INPUT = 2
STAGE_WORDS = {
    "reading": "reading streets",
    "graph": "walking graph",
    "tiles": "routing tiles",
    "basemap": "base map",
}


class BadInput(click.ClickException):
    """Input that cannot be used: one line, exit code 2."""

    exit_code = BAD_INPUT

    def show(self, file: Any = None) -> None:
        """Print the one line."""
        click.echo(f"lexun area: {' '.join(self.message.split())}", file=file, err=file is None)


@click.group()
def area() -> None:
    """Areas: build a district's map from a street file and use it."""


@area.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--area", "path", required=True, help="The area's path: lucheng, or lucheng/nanpu for a part of it."
)
@click.option("--name", "name_zh", default="", help="Its name; needed for a new area.")
@click.option("--name-en", default="", help="Its English name.")
@click.option("--time-zone", default="", help="Its time zone.  [default: Asia/Shanghai for a new area]")
@click.option("--boundary", type=click.Path(path_type=Path), help="Its outline: a GeoJSON polygon in WGS-84.")
@click.option("--relation", type=click.IntRange(min=1), help="Its outline: a boundary relation of the file.")
def import_map(
    file: Path,
    path: str,
    name_zh: str,
    name_en: str,
    time_zone: str,
    boundary: Path | None,
    relation: int | None,
) -> None:
    """Build everything a district needs of FILE (.osm.pbf) - walking graph, routing tiles, base map, place names -
    and use it from then on. Needs no network. Until it is complete the old map stays; importing again replaces it.
    Without an outline a new area is the box of its streets.
    """
    from backend.areas import installing
    from backend.areas.installing import Target
    from backend.cli import run_connected, settings_or_exit
    from backend.core.problems import InvalidFields
    from routing.boundary import boundary_from_file, boundary_from_relation
    from routing.district_map import build_district_map
    from routing.words import RoutingError

    if boundary and relation:
        raise BadInput("--boundary and --relation are two outlines: give one")
    settings = settings_or_exit()
    try:
        outline = boundary_from_file(boundary) if boundary else None
        if relation:
            outline = boundary_from_relation(file, relation)
        target = Target(path, name_zh, name_en, time_zone, outline)
        run_connected(settings, lambda: installing.check(target))
        with _progress() as tell:
            built = build_district_map(file, settings.data_dir / "maps", target.slug, tell)
        made = run_connected(settings, lambda: installing.install(target, built))
    except RoutingError as error:
        raise BadInput(str(error)) from None
    except InvalidFields as problem:
        raise BadInput(" ".join(f"{each.field}: {each.message}." for each in problem.errors)) from None
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror or error}; the old map stays") from None
    click.echo(
        f"{made.path} {made.name_zh}: {built.length_km:,.0f} km of streets, {len(built.places)} named places,"
        f" base map {built.basemap.bytes / 1e6:.1f} MB. In use."
    )


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar for eyes; for a file or a pipe, a line a stage."""
    if not sys.stderr.isatty():
        seen: set[str] = set()

        def line(stage: str, share: float) -> None:
            if stage not in seen:
                seen.add(stage)
                click.echo(f"{share:4.0%}  {STAGE_WORDS[stage]}", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda stage, share: bar.update(task, description=STAGE_WORDS[stage], completed=share)
