"""`lexun user`: the first administrator, and anyone else who must be made from the command line."""

from typing import Any

import click
import msgspec
import pyotp
from pyotp.totp import TOTP

from backend.areas import service as areas
from backend.cli import run_connected, settings_or_exit
from backend.core import audit, sessions
from backend.core.db import atomic
from backend.core.roles import SECOND_FACTOR_ROLES, Role
from backend.people import passwords, service
from backend.people.models import Person
from backend.people.schemas import Name, Password, Phone


@click.group()
def user() -> None:
    """Accounts."""


def _of_type(wanted: Any) -> Any:
    """A callback that holds an option to a wire type, so that the command line takes what the API takes."""

    def check(_context: click.Context, _option: click.Parameter, value: str) -> str:
        try:
            return msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            raise click.BadParameter(str(error)) from None

    return check


@user.command()
@click.option("--phone", required=True, callback=_of_type(Phone))
@click.option("--name", required=True, callback=_of_type(Name))
@click.option("--birth-year", type=click.IntRange(1900, 2100), required=True)
@click.option("--area", "area_path", required=True, help="The path of the area, such as lewan/rongqiao")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role if role is not Role.MERCHANT]),
    multiple=True,
    required=True,
)
@click.password_option(callback=_of_type(Password))
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
        _show_secret(phone, secret)


@user.command("second-factor")
@click.option("--phone", required=True, callback=_of_type(Phone))
def second_factor(phone: str) -> None:
    """Give an account a new secret for an authenticator app, and sign all its devices out."""
    secret = pyotp.random_base32()
    run_connected(settings_or_exit(), lambda: _set_second_factor(phone, secret))
    _show_secret(phone, secret)


@user.command("password")
@click.option("--phone", required=True, callback=_of_type(Phone))
@click.password_option(callback=_of_type(Password))
def password_command(phone: str, password: str) -> None:
    """Give an account a new password, and sign all its devices out."""

    async def work() -> None:
        await _set_password(phone, await passwords.hash_password(password))

    run_connected(settings_or_exit(), work)
    click.echo(f"{phone} has a new password.")


def _show_secret(phone: str, secret: str) -> None:
    click.echo(f"Authenticator app: {TOTP(secret).provisioning_uri(name=phone, issuer_name='Lexun')}")


async def _with_phone(phone: str) -> Person:
    person = await Person.filter(phone=phone).first()
    if person is None:
        raise click.ClickException(f"--phone {phone}: no account has this number")
    return person


@atomic
async def _set_password(phone: str, password_hash: str) -> None:
    person = await _with_phone(phone)
    await Person.filter(id=person.id).update(password_hash=password_hash)
    await sessions.revoke_sessions(person.id)
    await audit.record(None, "person.password_reset", "person", person.id, area_id=person.area_id)


@atomic
async def _set_second_factor(phone: str, secret: str) -> None:
    person = await _with_phone(phone)
    await Person.filter(id=person.id).update(totp_secret=secret, totp_step_used=None)
    await sessions.revoke_sessions(person.id)
    await audit.record(None, "person.second_factor", "person", person.id, area_id=person.area_id)


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
