"""Use cases of certificates: which years one served in, certifying one of them, checking a code."""

import datetime as dt
import secrets
import zoneinfo

from backend.areas import service as areas
from backend.areas.service import Area
from backend.certificates.models import Certificate
from backend.certificates.paper import certificate_pdf
from backend.certificates.schemas import CertificateCheck, CertificateOut, YearOut
from backend.core import audit, clock
from backend.core.db import atomic, execute
from backend.core.ids import uuid7
from backend.core.pools import in_thread
from backend.core.problems import NotFound
from backend.core.sessions import Actor
from backend.patrols import service as patrols
from backend.people import service as people
from backend.settings import current

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and letters that cannot be taken for each other."""
CODE_LETTERS = 12
YEARS_BACK = 10


async def years(actor: Actor) -> list[YearOut]:
    """The years in which one served, latest first."""
    area = await _home(actor)
    this_year = clock.now().astimezone(zoneinfo.ZoneInfo(area.time_zone)).year
    found: list[YearOut] = []
    for year in range(this_year, this_year - YEARS_BACK, -1):
        served = await patrols.served(actor.user_id, *_year(year, area))
        if served.patrols:
            found.append(YearOut(year=year, minutes=served.minutes, patrols=served.patrols))
    return found


async def certify(actor: Actor, year: int) -> CertificateOut:
    """Certify a year's hours as they stand now; the same hours have the same code. `NotFound` without any."""
    return _out(await _certificate(actor, year))


async def paper(actor: Actor, year: int) -> tuple[str, bytes]:
    """The year's certificate as a PDF: the file's name and its bytes."""
    certificate = await _certificate(actor, year)
    area = await _home(actor)
    config = current()
    check_url = f"{config.origin()}/verify/{certificate.code}" if config.public_url else None
    return f"lexun-{year}-{certificate.code}.pdf", await in_thread(
        certificate_pdf, certificate, area.time_zone, check_url
    )


async def check(code: str) -> CertificateCheck:
    """What a code certifies, for anybody; `NotFound` for a code that was never given."""
    plain = "".join(each for each in code.upper() if each in ALPHABET)
    found = await Certificate.filter(code=_grouped(plain)).first() if len(plain) == CODE_LETTERS else None
    if found is None:
        raise NotFound(kind="certificate", id=code[:20])
    return CertificateCheck(
        code=found.code,
        year=found.year,
        name_masked=found.name[:1] + "*" * (len(found.name) - 1),
        area_name_zh=found.area_name_zh,
        area_name_en=found.area_name_en,
        minutes=found.minutes,
        patrols=found.patrols,
        issued_at=found.issued_at,
    )


def _grouped(letters: str) -> str:
    """The letters in fours, as people read them to each other."""
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


async def _home(actor: Actor) -> Area:
    """The district one lives in."""
    person = await people.person_of(actor.user_id)
    if person.area_id is None:
        raise NotFound(kind="certificate", id="")
    return await areas.district_of(await areas.get(person.area_id))


def _year(year: int, area: Area) -> tuple[dt.datetime, dt.datetime]:
    zone = zoneinfo.ZoneInfo(area.time_zone)
    ends = (dt.datetime(each, 1, 1, tzinfo=zone).astimezone(dt.UTC) for each in (year, year + 1))
    return next(ends), next(ends)


@atomic
async def _certificate(actor: Actor, year: int) -> Certificate:
    area = await _home(actor)
    served = await patrols.served(actor.user_id, *_year(year, area))
    if not served.patrols:
        raise NotFound(kind="certificate", id=str(year))
    person = await people.person_of(actor.user_id)
    what = {"user_id": actor.user_id, "year": year, "minutes": served.minutes, "patrols": served.patrols}
    code = _grouped("".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS)))
    made = await execute(
        "INSERT INTO certificate (id, user_id, year, code, name, area_name_zh, area_name_en, minutes, patrols, "
        "issued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        uuid7(), actor.user_id, year, code, person.name, area.name_zh, area.name_en, served.minutes,
        served.patrols, clock.now(),
    )  # fmt: skip
    certificate = await Certificate.get(name=person.name, **what)
    if made:
        await audit.record(actor, "certificate.issue", "certificate", certificate.id, area_id=area.id)
    return certificate


def _out(certificate: Certificate) -> CertificateOut:
    return CertificateOut(
        code=certificate.code,
        year=certificate.year,
        name=certificate.name,
        area_name_zh=certificate.area_name_zh,
        area_name_en=certificate.area_name_en,
        minutes=certificate.minutes,
        patrols=certificate.patrols,
        issued_at=certificate.issued_at,
    )


__all__ = ["certify", "check", "paper", "years"]
