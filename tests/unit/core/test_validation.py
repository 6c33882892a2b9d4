"""All wrong fields of a body are found at once, wherever they are, and a right body has none."""

import datetime as dt
import json
import uuid
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.validation import ERRORS_MAX, field_errors

type Colour = Literal["red", "green"]


class Place(msgspec.Struct, forbid_unknown_fields=True):
    """A leaf."""

    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=5)] = "x"


class Route(msgspec.Struct, forbid_unknown_fields=True):
    """One of each shape."""

    id: uuid.UUID
    at: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    stops: Annotated[list[Place], msgspec.Meta(min_length=1, max_length=3)]
    colour: Colour = "red"
    start: Place | None = None
    ids: list[int] = []
    seats: int | msgspec.UnsetType = msgspec.UNSET
    spans: dict[str, int] = {}
    password: str = ""


def good(**changes: Any) -> dict[str, Any]:
    """A right body with some things changed."""
    body = {"id": str(uuid.UUID(int=1)), "at": "2026-06-05T20:00:00+08:00", "stops": [{"lon": 1.5}]}
    return {**body, **changes}


def found(body: Any) -> dict[str, str]:
    """Field to code."""
    return {error.field: error.code for error in field_errors(Route, json.dumps(body).encode())}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (good(), {}),
        (good(start=None, seats=3, ids=[1, 2], spans={"a": 1}, colour="green"), {}),
        ({}, {"id": "missing", "at": "missing", "stops": "missing"}),
        (good(id="abc", at="2026-06-05T20:00:00", colour="blue"), {"id": "invalid", "at": "invalid", "colour": "invalid"}),
        (good(stops=[]), {"stops": "invalid"}),
        (good(stops=[{"lon": 1}] * 4), {"stops": "invalid"}),
        (good(stops=[{"lon": 1}, {"lon": 500, "name": ""}, {}]), {"stops.1.lon": "invalid", "stops.1.name": "invalid", "stops.2.lon": "missing"}),
        (good(stops=[{"lon": 1, "size": 2}], size=3), {"stops.0.size": "unknown", "size": "unknown"}),
        (good(start={"lon": "east"}), {"start.lon": "invalid"}),
        (good(ids=[1, "two", 3, None]), {"ids.1": "invalid", "ids.3": "invalid"}),
        (good(seats="many"), {"seats": "invalid"}),
        (good(spans={"a": "b"}), {"spans": "invalid"}),
        (good(stops="none"), {"stops": "invalid"}),
        ([], {"body": "invalid"}),
        ("text", {"body": "invalid"}),
        (None, {"body": "invalid"}),
    ],
)  # fmt: skip
def test_each_wrong_field_is_found(body: Any, wrong: dict[str, str]) -> None:
    """Missing, unknown, of another type, out of bounds; deep in lists and optional parts."""
    assert found(body) == wrong


def test_values_are_quoted_but_never_secrets() -> None:
    """Short ones as they are, long ones cut, structures and passwords not at all."""
    errors = field_errors(Route, json.dumps(good(id="x" * 500, seats=[1], password=7)).encode())
    values = {error.field: error.value for error in errors}
    assert values == {"id": "x" * 80, "seats": None, "password": None}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"nonsense", b"[" * 100_000])
def test_what_is_not_json_is_said_to_be_none(body: bytes) -> None:
    """Also what is nested too deeply to read."""
    assert [(error.field, error.code) for error in field_errors(Route, body)] == [("body", "not-json")]


def test_a_flood_of_errors_is_cut() -> None:
    """A large wrong body does not make a larger answer."""
    assert (
        len(field_errors(Route, json.dumps({str(number): 0 for number in range(5000)}).encode()))
        == ERRORS_MAX
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from(list(Route.__struct_fields__)), JSON)


@given(FIELDS)
def test_it_finds_something_exactly_when_the_decoder_refuses(changes: dict[str, Any]) -> None:
    """Whatever is sent: an error is reported if and only if the framework's own reading fails."""
    body = good(**changes)
    try:
        msgspec.convert(json.loads(json.dumps(body)), Route, strict=False)
    except msgspec.ValidationError:
        assert found(body) != {}
    else:
        assert found(body) == {}
