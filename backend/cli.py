"""The command line: `lexun plan`, `lexun serve`, `lexun demo` and what an operator needs."""

import asyncio
import importlib
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from backend import __version__
from backend.settings import Settings, SettingsError, load_settings

LAZY_COMMANDS = {
    "area": ("backend.areas.cli:area", "Areas: build a district's map from a street file and use it."),
    "audit": ("backend.core.audit_cli:audit", "The audit log: verify it."),
    "backup": ("backend.core.backup_cli:backup", "Write the database and the data folder to one file."),
    "bench": ("routing.bench_cli:bench", "Search routes of published and made-up problems."),
    "demo": ("backend.demo.cli:demo", "Serve the demo district."),
    "evaluate": ("routing.evaluate_cli:evaluate", "Compare past forecasts with what then happened."),
    "forecast": ("routing.forecast_cli:forecast_command", "Score cells by the reports expected in a week."),
    "incidents": (
        "backend.incidents.cli:incidents",
        "Past incidents of a district: check a file, import it.",
    ),
    "jobs": ("backend.core.jobs.cli:jobs", "Background work: see what was given up, try it again."),
    "plan": ("routing.cli:plan", "Plan patrols from incidents and streets."),
    "plans": ("backend.planning.cli:plans", "Plans: write one to a file, take one from a file."),
    "points": ("backend.rewards.cli:points", "The points ledger: audit it."),
    "user": ("backend.people.cli:user", "Accounts: add one, give it a password or a second factor."),
}
"""Where each command is, and its line in the list of commands."""


class LazyGroup(click.Group):
    """Loads a command's module when the command is asked for, so that `lexun --help` needs no OR-Tools."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *LAZY_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LAZY_COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = LAZY_COMMANDS[cmd_name][0].partition(":")
        return getattr(importlib.import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        shown.update((name, line) for name, (_, line) in LAZY_COMMANDS.items())
        with formatter.section("Commands"):
            formatter.write_dl(sorted(shown.items()))


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="lexun")
def main() -> None:
    """Lexun 平安乐巡: from past incidents to tonight's patrols."""


def settings_or_exit(**overrides: Any) -> Settings:
    """The settings of the environment; a wrong one ends the command with one clear line."""
    from backend.core.db.connection import connection_config_for

    try:
        settings = load_settings(**overrides)
        connection_config_for(settings)
    except (SettingsError, OSError) as error:
        _refuse(str(error))
    return settings


def _refuse(message: str) -> Any:
    """End the command with one line and code 2."""
    click.echo(f"lexun: {message}", err=True)
    sys.exit(2)


def run_connected[T](settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` with the database, the bus and the pools open; a database that cannot be opened ends the command."""
    from tortoise.exceptions import DBConnectionError

    from backend.app import running_core
    from backend.core import logs
    from backend.core.db.migrate import MigrationError

    logs.configure_logs(msgspec.structs.replace(settings, log_format="console", log_level="WARNING"))

    async def inside() -> T:
        async with running_core(settings):
            return await work()

    try:
        return asyncio.run(inside())
    except (DBConnectionError, ConnectionError) as error:
        _refuse(f"the database cannot be reached: {error}; is LEXUN_DATABASE_URL right, and does it run?")
    except MigrationError as error:
        _refuse(str(error))
    raise AssertionError("unreachable: a refusal ends the process")


@main.command()
def serve() -> None:
    """Serve the web app and the API; background jobs run inside unless LEXUN_WORKER is false."""
    serve_forever(settings_or_exit())


def require_free_port(settings: Settings) -> None:
    """End the command with one clear line where another program listens already."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            _refuse(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}): "
                "stop what runs there, or choose another with PORT=8001 make demo or LEXUN_PORT"
            )


def serve_forever(settings: Settings) -> None:
    """Serve until told to stop."""
    require_free_port(settings)
    import uvicorn

    from backend.app import create_app

    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


@main.command()
def worker() -> None:
    """Work off background jobs until told to stop."""
    settings = settings_or_exit()
    run_connected(settings, lambda: _work_off(settings))


async def _work_off(settings: Settings) -> None:
    import signal

    from backend import features
    from backend.core import jobs, logs

    logs.configure_logs(settings)
    features.parts("jobs")
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    click.echo("lexun worker: ready", err=True)
    await jobs.run_worker(stop)


@main.command()
def migrate() -> None:
    """Bring the database to the current schema and exit."""

    async def work() -> None:
        from backend.core.db.migrate import pending

        if left := await pending():
            raise click.ClickException(f"not applied: {', '.join(left)}")

    run_connected(settings_or_exit(), work)
    click.echo("The database is at the current schema.")


@main.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("pwa/src/api/openapi.json"),
    show_default=True,
)
def openapi(out: Path) -> None:
    """Write the OpenAPI document."""
    from backend.app import create_app
    from backend.openapi import openapi_document

    if not out.absolute().parent.is_dir():
        _refuse(f"--out {out}: there is no folder {out.parent}")
    document = openapi_document(create_app(settings_or_exit(worker=False)))
    out.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    click.echo(f"{out}: {len(document['paths'])} paths")


if __name__ == "__main__":
    main()
