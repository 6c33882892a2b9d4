"""`lexun audit`: check the audit log from the command line."""

import asyncio

import click

from backend.core.audit import VerifyReport, verify
from backend.core.db import close_database, init_database
from backend.core.db.migrate import pending
from backend.settings import SettingsError, load_settings


@click.group()
def audit() -> None:
    """The audit log: who did what to which thing."""


@audit.command("verify")
@click.option(
    "--district", default=None, help="Only this district's chain, such as lewan; all when left out."
)
def verify_command(district: str | None) -> None:
    """Recompute the hash chains; names the first broken entry and ends with code 1."""
    try:
        report = asyncio.run(_verify(district))
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if report.first_bad is None:
        click.echo(f"The audit log is whole: {report.checked} entries checked.")
        return
    bad = report.first_bad
    entry = f", id {bad.entry_id}" if bad.entry_id else ""
    click.echo(
        f"The audit log is broken in district {bad.tenant!r} at entry {bad.seq}{entry}: {bad.reason}.",
        err=True,
    )
    raise SystemExit(1)


async def _verify(district: str | None) -> VerifyReport:
    await init_database(load_settings())
    try:
        if missing := await pending():
            raise click.ClickException(
                f"the database lacks {len(missing)} migrations: run `lexun migrate` first"
            )
        return await verify(district)
    finally:
        await close_database()
