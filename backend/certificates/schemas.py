"""Wire types of certificates."""

import datetime as dt

import msgspec


class YearOut(msgspec.Struct):
    """A year in which one served, in minutes and patrols."""

    year: int
    minutes: int
    patrols: int


class CertificateOut(msgspec.Struct):
    """One's own certificate."""

    code: str
    year: int
    name: str
    area_name_zh: str
    area_name_en: str
    minutes: int
    patrols: int
    issued_at: dt.datetime


class CertificateCheck(msgspec.Struct):
    """What anybody may know of a certificate: enough to compare with the paper, with the name masked."""

    code: str
    year: int
    name_masked: str
    area_name_zh: str
    area_name_en: str
    minutes: int
    patrols: int
    issued_at: dt.datetime
