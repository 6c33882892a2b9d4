"""Which addresses a webhook may have: the server itself will call them, so none may lead into its own network."""

import ipaddress
import re
import socket
import urllib.parse
from collections.abc import Iterable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from backend.core.problems import FieldError

_PLAIN = re.compile(r"[!-~]+")


class PrivateAddress(OSError):
    """The name leads to an address that is not on the public network."""


def address_error(url: str, private_hosts: Iterable[str]) -> FieldError | None:
    """What is wrong with a webhook's address, or None.

    It begins with https://, names a host of the public network and carries no password. `private_hosts` are the
    exceptions an operator has made: "10.1.2.3", "hub.police.internal" or "127.0.0.1:8123"; they may do without TLS.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return _error("unreadable", "The address cannot be read; write it as https://host/path", url)
    if not host or not _PLAIN.fullmatch(url) or parts.username is not None or parts.fragment:
        message = "Write a plain address such as https://host/path: no user name, no # part, no spaces"
        return _error("unreadable", message, url)
    if is_excepted(host, port, private_hosts):
        return None if parts.scheme in ("http", "https") else _error("scheme", "Begin with https://", url)
    if parts.scheme != "https":
        return _error("scheme", "Begin with https://; without it anyone on the way could read along", url)
    if not _is_public(host):
        message = (
            "This address is inside a private network; an operator can allow it (LEXUN_WEBHOOK_PRIVATE_HOSTS)"
        )
        return _error("private", message, url)
    return None


def is_excepted(host: str, port: int | None, private_hosts: Iterable[str]) -> bool:
    """Whether an operator allows this host, or this port of it, although it may be private."""
    allowed = set(private_hosts)
    return host in allowed or f"{host}:{port}" in allowed


class PublicResolver(AbstractResolver):
    """Looks names up, and refuses those that lead to private addresses unless their host is an exception.

    It is asked when the connection is made, so a name that changes its address after it was registered is seen.
    """

    def __init__(self, private_hosts: Iterable[str]) -> None:
        self._private_hosts = tuple(private_hosts)
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of `host`; raises `PrivateAddress` when one of them is not public."""
        found = await self._inner.resolve(host, port, family)
        if not is_excepted(host.lower(), port, self._private_hosts):
            for each in found:
                if not _is_public(each["host"]):
                    raise PrivateAddress(f"{host} leads to a private address")
        return found

    async def close(self) -> None:
        """Nothing is held open."""
        await self._inner.close()


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


def _error(code: str, message: str, url: str) -> FieldError:
    return FieldError("url", code, message, url[:120])
