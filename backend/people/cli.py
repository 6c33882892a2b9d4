"""`lexun user`: the first administrator, and anyone else who must be made from the command line."""

import click
import pyotp

from backend.areas import service as areas
from backend.cli import run_connected, settings_or_exit
from backend.core.db import atomic
from backend.core.roles import SECOND_FACTOR_ROLES, Role
from backend.people import passwords, service
from backend.people.models import Person


@click.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.option("--phone", required=True)
@click.option("--name", required=True)
@click.option("--birth-year", type=click.IntRange(1900, 2100), required=True)
@click.option("--area", "area_path", required=True, help="The path of the area, such as lewan/rongqiao")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role if role is not Role.MERCHANT]),
    multiple=True,
    required=True,
)
@click.password_option()
def add(
    phone: str, name: str, birth_year: int, area_path: str, roles: tuple[str, ...], password: str
) -> None:
    """Add a verified account; police and administrators get a secret for an authenticator app."""
    wanted = tuple(Role(role) for role in roles)
    secret = pyotp.random_base32() if set(wanted) & set(SECOND_FACTOR_ROLES) else None

    async def work() -> None:
        password_hash = await passwords.hash_password(password)
        await _create(phone, name, birth_year, area_path, wanted, password_hash, secret)

    run_connected(settings_or_exit(), work)
    click.echo(f"{name} can sign in now.")
    if secret:
        click.echo(f"Authenticator app: {pyotp.TOTP(secret).provisioning_uri(phone, issuer_name='Lexun')}")


@atomic
async def _create(
    phone: str,
    name: str,
    birth_year: int,
    area_path: str,
    roles: tuple[Role, ...],
    password_hash: str,
    secret: str | None,
) -> None:
    area = await areas.by_path(area_path)
    if area is None:
        raise click.ClickException(f"--area {area_path}: there is no such area; import it first")
    if await Person.filter(phone=phone).exists():
        raise click.ClickException(f"--phone {phone}: this number has an account already")
    await service.create_person(
        phone=phone,
        name=name,
        password_hash=password_hash,
        birth_year=birth_year,
        area_id=area.id,
        area_path=area.path,
        roles=roles,
        verified=True,
        totp_secret=secret,
    )
