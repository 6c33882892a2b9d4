"""`lexun points`: checks of the ledger for an operator."""

import sys

import click

from backend.cli import run_connected, settings_or_exit
from points.audit import audit as audit_ledger


@click.group()
def points() -> None:
    """The points ledger."""


@points.command()
def audit() -> None:
    """Compute every balance anew from the journal, check its seals, and name the first that is wrong."""
    result = run_connected(settings_or_exit(), audit_ledger)
    if result.first_wrong is not None:
        wrong = result.first_wrong
        click.echo(f"lexun: the ledger is wrong at {wrong.what} {wrong.id}: {wrong.problem}", err=True)
        sys.exit(1)
    click.echo(
        f"The ledger is right: {result.transfers} transfers, {result.accounts} accounts, {result.vouchers} vouchers, "
        f"{result.blocks} sealed blocks."
    )
    if result.blocks:
        click.echo(f"The last seal is {result.head_hash}; note it down to check everything before it later.")
