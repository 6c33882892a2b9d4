"""An outlook as bytes, to be kept and read again."""

import io
import zipfile
from dataclasses import fields
from datetime import datetime, tzinfo
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np

from routing.outlook import Outlook

VERSION = 1
_FACTS = "facts"
_ARRAYS = {name for name, kind in get_type_hints(Outlook).items() if str(kind) in {"Floats", "Ints"}}
# The large ones, which are kept no finer than this.
_SINGLES = {"slot_share", "hour_share", "kind_expected"}


def pack(outlook: Outlook) -> bytes:
    """The outlook in one compressed file of arrays, without loss."""
    arrays: dict[str, Any] = {
        name: getattr(outlook, name).astype(np.float32) if name in _SINGLES else getattr(outlook, name)
        for name in _ARRAYS
    }
    facts = {each.name: getattr(outlook, each.name) for each in fields(outlook) if each.name not in _ARRAYS}
    told = msgspec.json.encode({"version": VERSION, **facts})
    arrays[_FACTS] = np.frombuffer(told, dtype=np.uint8)
    made = io.BytesIO()
    np.savez_compressed(made, **arrays)
    return made.getvalue()


def unpack(data: bytes) -> Outlook:
    """The outlook of these bytes; ValueError when they are none, or of another version."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            values: dict[str, Any] = {name: stored[name] for name in stored.files}
    except (OSError, EOFError, zipfile.BadZipFile, ValueError) as error:
        raise ValueError(f"these {len(data)} bytes are no outlook: {error}") from error
    if _FACTS not in values:
        raise ValueError(f"these {len(data)} bytes are no outlook: the facts are missing")
    facts = msgspec.json.decode(values.pop(_FACTS).tobytes())
    if facts.get("version") != VERSION:
        raise ValueError(f"an outlook of version {facts.get('version')}: version {VERSION} is read")
    hints = get_type_hints(Outlook)
    for name, value in values.items():
        values[name] = value.astype(np.float64) if name in _SINGLES else value
    for name, kind in hints.items():
        if name not in _ARRAYS:
            values[name] = msgspec.convert(facts[name], kind)
    zone = _zone(values["zone_name"], values["starts_at"])
    for name in ("starts_at", "as_of", "newest_at", "oldest_at"):
        values[name] = values[name].astimezone(zone)
    return Outlook(**values)


def _zone(name: str, at: datetime) -> tzinfo | None:
    """The named zone, for days whose offset is another than that of `at`; else the offset itself."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return at.tzinfo
