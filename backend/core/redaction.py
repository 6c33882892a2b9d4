"""Taking personal data out of text and values before they are kept or shown to operators.

Two nets: keys whose name says what they hold, and texts that look like a phone number, an identity number, a
coordinate pair, a token or a query string. Masking a harmless number now and then is the price.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any

MASK = "[redacted]"

_PRIVATE_KEY = re.compile(
    r"phone|mobile|passw|secret|token|cookie|authori[sz]ation|totp|otp\b|credential|signature|api_?key|private_?key"
    r"|p256dh|endpoint|^auth$|birth|address|^name$|_name$|^name_|full_?name|nick_?name|clothing|headline|note$|brief"
    r"|id_?card|identity|^e?mail|email|^lon|^lat|longitude|latitude|_lon$|_lat$|coord|position|geometry|bounds"
    r"|query|^body$|payload|^ip$|client_ip|remote_addr",
    re.IGNORECASE,
)
_HARMLESS_KEYS = {"file_name", "job_name", "logger_name"}
"""Names that end like a private one and are not."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PRIVATE_TEXT = re.compile(
    rf"(?P<kept>\b{_UUID}\b)"
    r"|(?<!\d)\d{17}[\dXx](?!\d)"  # identity card
    r"|(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d(?:[-\s]?\d{4}){2}(?!\d)"  # mobile number
    r"|(?<!\d)0\d{2,3}[-\s]\d{7,8}(?!\d)"  # land line
    r"|-?\d{1,3}\.\d{3,}\s*[,;\s]\s*-?\d{1,3}\.\d{3,}"  # coordinate pair
    r"|\b(?:Bearer|Basic|WebPush|vapid)\s+\S+"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]+)*"  # JSON web token
    r"|(?<=\?)[^\s'\"<>]*=[^\s'\"<>]*"  # query string
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # login in an address
    r"|[\w.+-]+@[\w-]+\.[\w.-]+",  # e-mail address
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """`text` with everything that looks personal masked; UUIDs stay."""
    return _PRIVATE_TEXT.sub(lambda found: found.group() if found.group("kept") else MASK, text)


def is_private_key(key: str) -> bool:
    """Whether a value under this name must not be shown."""
    return key not in _HARMLESS_KEYS and _PRIVATE_KEY.search(key) is not None


def redacted_value(value: Any) -> Any:
    """`value` with private keys and personal-looking texts masked, however deep; other objects become text."""
    match value:
        case None | bool() | uuid.UUID():
            return value
        case int():
            return MASK if redacted(str(value)) != str(value) else value
        case float():
            return value
        case str():
            return redacted(value)
        case bytes() | bytearray() | memoryview():
            return f"{len(value)} bytes"
        case Mapping():
            return redacted_mapping(value)
        case list() | tuple() | set() | frozenset():
            return [redacted_value(each) for each in value]
        case _:
            return redacted(str(value))


def redacted_mapping(values: Mapping[Any, Any]) -> dict[str, Any]:
    """The mapping with private values masked."""
    return {
        str(key): MASK if is_private_key(str(key)) and value not in (None, "") else redacted_value(value)
        for key, value in values.items()
    }
