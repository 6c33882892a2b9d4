"""People of the demo for a test of its own: neighbours whom no other test uses, with a browser or only over HTTP."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.support.visitor import Visitor

PASSWORD = "lewan-demo"
FIRST_PHONE = 19900000000
PEOPLE = 600
OLD_STREET = (122.6075, 27.4905)
"""A place in the old town, (lon, lat)."""


@dataclass(frozen=True)
class Neighbour:
    """A verified adult volunteer; `http` acts for them beside their browser."""

    phone: str
    name: str
    user_id: str
    http: Visitor


def neighbours(url: str) -> Iterator[Neighbour]:
    """The demo's volunteers one by one: verified, adult, on duty, with nothing in hand."""
    for phone in map(str, range(FIRST_PHONE, FIRST_PHONE + PEOPLE)):
        http = Visitor(url)
        me = _signed_in(http, phone)
        if not me["verified"] or not me["adult"] or http.ask("GET", "/api/me/patrol")["patrol"] is not None:
            continue
        if http.ask("GET", "/api/me/assignments", params={"state": "open"})["items"]:
            continue
        http.ask("PUT", "/api/me/duty", json={"on_duty": True})
        yield Neighbour(phone, me["name"], me["id"], http)


def with_points(found: Iterator[Neighbour], least: int) -> Neighbour:
    """The next neighbour who has at least so many points."""
    return next(each for each in found if each.http.ask("GET", "/api/me/points")["balance"] >= least)


def _signed_in(http: Visitor, phone: str) -> dict[str, Any]:
    """The person behind a phone number; waits as told where many have signed in from this address."""
    while True:
        body = {"phone": phone, "password": PASSWORD, "device_name": "tests"}
        answer = http.request("POST", "/api/session", json=body)
        if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            assert answer.is_success, f"{phone}: {answer.text}"
            return answer.json()
        time.sleep(answer.json()["params"]["retry_after_s"])


def district_of(visitor: Visitor) -> dict[str, Any]:
    """The demo district as this person sees it."""
    return next(area for area in visitor.ask("GET", "/api/areas") if area["kind"] == "district")
