"""Which push endpoints are believed: they come from clients, and the server will send requests to them."""

import ipaddress
import re
import urllib.parse
from collections.abc import Iterable

from backend.core.problems import FieldError

_PLAIN = re.compile(r"[!-~]+")
_LOCAL = ("localhost", "127.0.0.1")


def endpoint_error(endpoint: str, allowed_hosts: Iterable[str]) -> FieldError | None:
    """What is wrong with a push endpoint, or None when messages may be sent there.

    `allowed_hosts` holds names ("fcm.googleapis.com"), everything below a name ("*.notify.windows.com"), and, for
    trials on one machine, "localhost" or "localhost:8123", which alone may be spoken to without TLS.
    """
    try:
        parts = urllib.parse.urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return _error("The address cannot be read", endpoint)
    if not _PLAIN.fullmatch(endpoint) or "\\" in endpoint or parts.username is not None or parts.fragment:
        return _error("The address must be plain: no user name, no fragment, no special characters", endpoint)
    allowed = list(allowed_hosts)
    if host in _LOCAL and (host in allowed or f"{host}:{port}" in allowed):
        return (
            None
            if parts.scheme in ("http", "https")
            else _error("The address must begin with https://", endpoint)
        )
    if parts.scheme != "https":
        return _error("The address must begin with https://", endpoint)
    if (
        port not in (None, 443)
        or _is_ip_address(host)
        or not any(_matches(host, pattern) for pattern in allowed)
    ):
        return _error("This push service is not one that messages are sent to", endpoint)
    return None


def origin_of(endpoint: str) -> str:
    """Scheme, host and port: the push service, as its signatures name it."""
    parts = urllib.parse.urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _matches(host: str, pattern: str) -> bool:
    pattern = pattern.lower()
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[2:]
    return host == pattern


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _error(message: str, endpoint: str) -> FieldError:
    return FieldError("endpoint", "push-service-unknown", message, endpoint[:80])
