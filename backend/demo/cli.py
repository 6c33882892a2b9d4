"""`lexun demo`: make the demo district once, then serve it."""

import asyncio
import os
import sys
import time
from pathlib import Path

import click

from backend.areas.models import Area
from backend.cli import require_free_port, serve_forever, settings_or_exit
from backend.core import logs
from backend.demo import alerts, cast, district, fairness, field, history, saying, shops, thanks, tonight
from backend.demo.removing import NotRemoved, remove
from backend.settings import Settings
from routing.town import Town

DATA_DIR = Path("var/demo")


@click.command()
@click.option(
    "--data-dir", type=click.Path(file_okay=False, path_type=Path), default=DATA_DIR, show_default=True
)
@click.option("--create-only", is_flag=True, help="Make the district and exit")
@click.option("--remove", "removing", is_flag=True, help="Delete the district with everything in it and exit")
def demo(data_dir: Path, create_only: bool, removing: bool) -> None:
    """Make the demo district 乐湾区 where it is not there yet, and serve it at http://127.0.0.1:PORT."""
    values = {
        "demo": True,
        "data_dir": data_dir,
        "log_format": "console",
        "log_level": "WARNING",
        "sqlite_synchronous": "NORMAL",
    }
    if port := os.environ.get("PORT"):
        values["port"] = port
    settings = settings_or_exit(
        **{key: value for key, value in values.items() if f"LEXUN_{key.upper()}" not in os.environ}
    )
    logs.configure_logs(settings)
    if removing:
        _remove(settings)
        return
    if not create_only:
        require_free_port(settings)
    asyncio.run(_prepare(settings))
    if create_only:
        return
    _greet(settings)
    serve_forever(settings)


def _remove(settings: Settings) -> None:
    try:
        gone = remove(settings)
    except NotRemoved as error:
        click.echo(f"lexun: {error}", err=True)
        sys.exit(2)
    click.echo(
        f"The demo data of {settings.data_dir} is gone."
        if gone
        else f"There is no demo data in {settings.data_dir}."
    )


async def _prepare(settings: Settings) -> None:
    from backend.app import running_core
    from backend.areas import service as areas

    async with running_core(settings):
        if await areas.by_path("lewan") is None:
            started = time.monotonic()
            click.echo("Making the demo district 乐湾区 (made-up data) …")
            await create(settings)
            await tonight.renew()
            await field.make()
            click.echo(f"  made in {time.monotonic() - started:.0f} s")
        else:
            await district.renew_map(settings)


async def create(settings: Settings) -> None:
    """The whole district in an empty database: maps, areas, people, shops, a year of incidents, past patrols."""
    from backend.areas import service as all_areas
    from backend.core.pools import in_process
    from backend.planning.solving import get_ready

    town, built = await district.make_maps(settings)
    areas = await district.make_areas(town, built)
    streets = await all_areas.streets_path(areas["lewan"], settings.data_dir)
    async with asyncio.TaskGroup() as together:
        # Another process gets ready for tonight's plans while this one writes the year.
        together.create_task(in_process(get_ready, streets))
        await _fill(town, areas)


async def _fill(town: Town, areas: dict[str, Area]) -> None:
    """People, shops, a year of incidents, past patrols, points, alerts and words in the mapped district."""
    from backend.core import clock
    from backend.demo.kinds import with_delicate_kinds
    from backend.incidents import service as incidents
    from routing.world import demo_incidents

    cards = await cast.make_people(areas, await cast.hashed_password())
    made = await shops.make_shops(town, areas, cards["merchant"])
    await shops.hang_pictures()
    till = await thanks.make_people_of_shops(areas, made, cards["merchant"])
    year = with_delicate_kinds(demo_incidents(town, seed=district.SEED, as_of=clock.now().date()))
    await incidents.import_incidents(areas["lewan"], year, "demo")
    await thanks.make_budget(areas, cards)
    await history.make_fridays(areas, cards, district.SEED)
    await thanks.make_last_month(areas, cards, made, till, district.SEED)
    await history.make_history(areas, cards, district.SEED)
    await alerts.make_past_alerts(areas, cards, district.SEED)
    await alerts.begin_exercise(areas, cards)
    await fairness.use_oddly(areas, made)
    await thanks.settle_last_month(cards, made)
    await thanks.make_today(cards, made[0], till)
    await thanks.say_thanks(areas, cards)
    await fairness.thank_for_deeds(areas, cards)
    await fairness.open_board(areas, cards)
    await fairness.look(areas, cards)
    await saying.make_feedback(areas, cards)


def _greet(settings: Settings) -> None:
    click.echo(
        f"\nLexun 平安乐巡 · demo district 乐湾区 (all data made up)\n\n  {settings.origin()}\n\nLogins, one tap each on the first page:"
    )
    for card in cast.CARDS:
        click.echo(f"  {card.role_zh} {card.role_en:<14} {card.name}  {card.note_en}")
    click.echo(
        f"\nWith phone and password: {cast.CARDS[0].phone} / {cast.PASSWORD}\nStop with Ctrl-C; data stays in {settings.data_dir}. `make demo-reset` begins anew.\n"
    )
