"""Every operation of the API: closed to strangers, guarded against forgery, and never broken by what is sent to it."""

import json
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.core.sessions import COOKIE, CSRF_COOKIE
from backend.openapi import openapi_document
from tests.support.app import ApiClient
from tests.support.district import District, browser_of, make_district
from tests.support.evening import Evening, person_behind
from tests.support.shop import give_points, hire, make_shop

PUBLIC = {
    "get_session",
    "open_session",
    "register",
    "list_demo_logins",
    "open_demo_session",
    "receive_owntracks",
    "receive_osmand",
    "receive_osmand_fields",
    "receive_gpslogger",
    "receive_gpslogger_address",
    "check_alive",
    "check_ready",
    "read_metrics",
    "apply_as_merchant",
    "list_areas_to_join",
    "check_certificate",
}
NUMBERED = {"year": "2026", "number": "1", "version": "1", "team": "1"}
ENDLESS = {"open_stream", "stream_messages", "get_stream"}
METHODS = ("get", "post", "put", "patch", "delete")
ROUNDS = 9

type Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def operations(app: Litestar) -> list[Operation]:
    """Method, path and description of every operation, endless streams left out."""
    document = openapi_document(app)
    found = [
        (method.upper(), path, {**operation, "schemas": document["components"]["schemas"]})
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return [each for each in found if not _is_stream(each[2])]


def _is_stream(operation: dict[str, Any]) -> bool:
    answers = operation["responses"].values()
    return (
        any("text/event-stream" in answer.get("content", {}) for answer in answers)
        or operation["operationId"] in ENDLESS
    )


def filled(path: str, ids: dict[str, str] | None = None) -> str:
    """The path with an id, or a number where it takes one, for each of its parameters."""
    known = {**NUMBERED, **(ids or {})}
    parts = [
        known.get(part[1:-1], str(uuid7())) if part.startswith("{") else part for part in path.split("/")
    ]
    return "/".join(parts)


async def test_everything_but_the_door_is_closed(client: ApiClient, operations: list[Operation]) -> None:
    """401 without a session, before anything else is looked at."""
    await client.get("/api/session")
    opened = []
    for method, path, operation in operations:
        answer = await client.request(method, filled(path), json={} if method != "GET" else None)
        if answer.status_code != 401:
            opened.append(operation["operationId"])
    assert set(opened) <= PUBLIC, set(opened) - PUBLIC


async def test_nothing_is_changed_without_the_token(
    new_client: Callable[[], ApiClient], operations: list[Operation]
) -> None:
    """A page elsewhere can send the cookie along, but not the token."""
    browser = await browser_of(new_client, await (await make_district()).volunteer())
    token = browser.cookies[COOKIE]
    csrf = browser.cookies[CSRF_COOKIE]
    for method, path, operation in operations:
        if (
            method == "GET" or "/trackers/" in path or "/feeds/" in path
        ):  # programs without a session have nothing to forge
            continue
        for headers in (
            {"Cookie": f"{COOKIE}={token}"},
            {"Cookie": f"{COOKIE}={token}; {CSRF_COOKIE}={csrf}"},
        ):
            browser.cookies.clear()
            answer = await browser.request(method, filled(path), json={}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed"), operation[
                "operationId"
            ]


class Nonsense:
    """Bodies and queries that look like what an operation takes, with every kind of trouble in them."""

    TEXTS = ("", "x", "很长" * 3000, "😀", "' OR 1=1 --", "%_%", "\u202e", "2026-06-05T20:00:00+08:00")
    NUMBERS = (0, 1, -1, 28, 120.7, 2**31, 2**63, -(2**70), 1e308, 0.1)
    TIMES = (
        "2026-06-05T20:00:00+08:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-06-05T20:00:00",
        "soon",
    )

    def __init__(self, seed: int, ids: list[str], *, trouble: float) -> None:
        self.dice = random.Random(seed)
        self.ids = ids
        self.trouble = trouble

    def value(self, schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
        """Something for a schema: mostly of its type, sometimes anything at all."""
        if "$ref" in schema:
            return self.value(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
        if self.dice.random() < self.trouble or depth > 6:
            return self.dice.choice([None, True, [], {}, *self.TEXTS, *self.NUMBERS])
        for union in ("oneOf", "anyOf", "allOf"):
            if union in schema:
                return self.value(self.dice.choice(schema[union]), schemas, depth + 1)
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        return self._typed(schema, schemas, depth)

    def _typed(self, schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        kind = self.dice.choice(kind) if isinstance(kind, list) else kind
        match kind, schema.get("format"):
            case "object", _:
                return {
                    name: self.value(field, schemas, depth + 1)
                    for name, field in schema.get("properties", {}).items()
                    if name in schema.get("required", []) or self.dice.random() < 0.6
                }
            case "array", _:
                return [
                    self.value(schema.get("items", {}), schemas, depth + 1)
                    for _ in range(self.dice.choice((0, 1, 2, 3)))
                ]
            case "string", "uuid":
                return self.dice.choice([str(uuid.UUID(int=self.dice.getrandbits(128))), *self.ids])
            case "string", "date-time":
                return self.dice.choice(self.TIMES if self.trouble else self.TIMES[:3])
            case "string", _:
                return self._text(schema)
            case (("integer" | "number"), _):
                return self._number(schema)
            case "boolean", _:
                return self.dice.random() < 0.5
            case _:
                return None

    def _text(self, schema: dict[str, Any]) -> str:
        if self.trouble or "pattern" in schema:
            return self.dice.choice([*self.TEXTS, "13800000123", "12345678"])
        text = self.dice.choice(("x", "很长", "😀", "' OR 1=1 --", "%_%")) * 40
        return text[: self.dice.randint(schema.get("minLength", 0), min(schema.get("maxLength", 200), 200))]

    def _number(self, schema: dict[str, Any]) -> float:
        low, high = schema.get("minimum", -5), schema.get("maximum", 200)
        number = self.dice.choice(self.NUMBERS if self.trouble else (low, high, (low + high) / 2, low + 1))
        return int(number) if schema.get("type") == "integer" else float(number)

    def query(self, operation: dict[str, Any]) -> dict[str, str]:
        """Query parameters, now and then one left out."""
        wanted = [
            each
            for each in operation.get("parameters", [])
            if each["in"] == "query" and self.dice.random() < 1 - self.trouble
        ]
        made = {each["name"]: self.value(each["schema"], operation["schemas"]) for each in wanted}
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in made.items()}

    def body(self, operation: dict[str, Any]) -> Any:
        """A JSON body, where the operation takes one."""
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        return self.value(content["schema"], operation["schemas"]) if content else None


@pytest.fixture
async def everything(new_client: Callable[[], ApiClient]) -> tuple[ApiClient, list[str]]:
    """A person with every role in a district where something of each kind is there, and the ids of it all."""
    district: District = await make_district()
    evening = Evening(district, new_client)
    roles = [role for role in Role if role is not Role.MERCHANT]
    mighty = await evening.browser(*roles)
    person = await person_behind(mighty)
    await mighty.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    await give_points(person.id, 1000)
    shop = await make_shop(evening)
    await hire(person.id, shop.merchant)
    offer, task = await shop.offer(), await evening.task(stops=[(10, 60)])
    walker = await evening.walker()
    patrol = await evening.started(walker, await evening.task())
    draft = await evening.task(state="draft", published_at=None)
    ids = [
        district.district.id,
        district.communities[0].id,
        person.id,
        shop.merchant.id,
        offer.id,
        task.id,
        draft.id,
        patrol,
    ]
    return mighty, [str(each) for each in ids]


def problems_in(answer: httpx.Response) -> Iterator[str]:
    """What is wrong with an answer, whatever was asked."""
    if answer.status_code >= 500:
        yield f"{answer.status_code} {answer.text[:300]}"
    elif answer.status_code >= 400 and answer.headers["Content-Type"] != "application/problem+json":
        yield f"no problem document: {answer.text[:300]}"


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_nonsense_never_breaks_anything(
    everything: tuple[ApiClient, list[str]], operations: list[Operation], seed: int
) -> None:
    """Whatever a person with every role sends to whatever operation: an answer or a problem document, never a 500."""
    mighty, ids = everything
    broken: list[str] = []
    for number, (method, path, operation) in enumerate(operations):
        if operation["operationId"] in PUBLIC | {"close_session", "revoke_device", "test_push"}:
            continue
        nonsense = Nonsense(seed * 1000 + number, ids, trouble=0.08 * (seed % 3))
        there = {part[1:-1]: nonsense.dice.choice(ids) for part in path.split("/") if part.startswith("{")}
        body, query = nonsense.body(operation), nonsense.query(operation)
        answer = await mighty.request(method, filled(path, there), json=body, params=query)
        broken += [
            f"{method} {path} {query} {json.dumps(body)[:300]}: {problem}" for problem in problems_in(answer)
        ]
    assert broken == []
