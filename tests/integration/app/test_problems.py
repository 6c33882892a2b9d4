"""Whatever goes wrong while a request is served, the answer is a problem document that says what to do."""

import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import jsonschema
import pytest
from litestar import Litestar, get

from backend.core import sessions
from backend.core.ids import uuid7
from backend.core.problems import TYPE_PREFIX
from backend.core.roles import Role
from backend.openapi import PROBLEM_SCHEMA
from backend.settings import Settings
from routing import daylight
from tests.support.app import ApiClient, application_over, started
from tests.support.district import District, browser_of, make_district, now_text

SECRET = "the password hunter2 at 120.66123,27.99456"


@get("/api/broken", opt={"public": True})
async def broken() -> None:
    raise RuntimeError(SECRET)


@get("/api/nested", opt={"public": True})
async def nested() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError("outer") from error


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    """The real application with two handlers that fail."""
    application = application_over(settings, broken, nested)
    async with started(application):
        yield application


@pytest.fixture
async def volunteer(app: Litestar, new_client: Callable[[], ApiClient]) -> ApiClient:
    """A browser of a volunteer who agreed to positions."""
    district = await make_district()
    return await browser_of(new_client, await district.volunteer())


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, checked against the published schema."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    body = answer.json()
    jsonschema.validate(body, PROBLEM_SCHEMA, format_checker=jsonschema.FormatChecker())
    assert (body["status"], body["code"], body["type"]) == (status, code, TYPE_PREFIX + code)
    assert body["instance"] == answer.headers["X-Request-ID"] != ""
    assert body["title"] and body["detail"]
    return body


def wrong_fields(body: dict[str, Any]) -> dict[str, str]:
    """Field to code."""
    return {error["field"]: error["code"] for error in body["errors"]}


@pytest.mark.parametrize("path", ["/api/nothing", "/api/nothing/at/all", "/api/me/nothing", "/api/", "/api"])
async def test_unknown_addresses(client: ApiClient, path: str) -> None:
    """404 for any address of the API that does not exist, signed in or not."""
    problem_of(await client.get(path), 404, "not-found")


async def test_unknown_ids_and_words_that_are_no_id(volunteer: ApiClient) -> None:
    """404 in both cases, and the kind of thing is named."""
    thing = str(uuid7())
    body = problem_of(await volunteer.get(f"/api/patrols/{thing}"), 404, "not-found")
    assert body["params"] == {"kind": "patrol", "id": thing}
    problem_of(await volunteer.get("/api/patrols/not-an-id"), 404, "not-found")
    problem_of(
        await volunteer.put("/api/me/consents/nonsense", json={"granted": True, "version": 1}),
        404,
        "not-found",
    )


async def test_a_wrong_method_names_the_right_ones(volunteer: ApiClient) -> None:
    """405 with Allow."""
    answer = await volunteer.put("/api/session", json={})
    problem_of(answer, 405, "method-not-allowed")
    assert {"GET", "POST", "DELETE"} <= {name.strip() for name in answer.headers["Allow"].split(",")}


async def test_who_is_not_signed_in(client: ApiClient) -> None:
    """401 without a session, with a made-up one, and before the body is looked at."""
    problem_of(await client.get("/api/me"), 401, "not-signed-in")
    await client.get("/api/session")
    problem_of(await client.post("/api/patrols", json={"nonsense": 1}), 401, "not-signed-in")
    client.cookies.set(sessions.COOKIE, "made-up")
    problem_of(await client.get("/api/me"), 401, "not-signed-in")


async def test_an_unsafe_request_needs_the_token(volunteer: ApiClient) -> None:
    """403 without the header and with a wrong one; nothing was changed."""
    for header in ("", "wrong"):
        answer = await volunteer.put(
            "/api/me/duty", json={"on_duty": False}, headers={"X-CSRF-Token": header}
        )
        problem_of(answer, 403, "csrf-failed")
    assert (await volunteer.get("/api/me")).json()["on_duty"] is True


async def test_a_role_is_missing(volunteer: ApiClient) -> None:
    """403 and which roles would do."""
    area = (await volunteer.get("/api/areas")).json()[0]["id"]
    body = problem_of(await volunteer.get("/api/live", params={"area_id": area}), 403, "not-allowed")
    assert set(body["params"]["need"]) == {"officer", "approver", "poster", "admin"}


async def test_every_wrong_field_is_named_at_once(volunteer: ApiClient) -> None:
    """Several wrong fields, deep ones, missing ones and unknown ones in one answer, with the values sent."""
    fix = {"id": str(uuid7()), "at": now_text(), "lon": 120.7, "lat": 28.0, "accuracy_m": 5}
    answer = await volunteer.post(
        f"/api/patrols/{uuid7()}/fixes",
        json={
            "fixes": [
                fix,
                {**fix, "lon": 200, "lat": "north"},
                {key: value for key, value in fix.items() if key != "at"},
                {**fix, "at": "2026-06-05T20:00:00", "colour": "red"},
                "no fix at all",
            ],
            "extra": 1,
        },
    )
    body = problem_of(answer, 422, "invalid-fields")
    assert wrong_fields(body) == {
        "fixes.1.lon": "invalid",
        "fixes.1.lat": "invalid",
        "fixes.2.at": "missing",
        "fixes.3.at": "invalid",
        "fixes.3.colour": "unknown",
        "fixes.4": "invalid",
        "extra": "unknown",
    }
    sent = {error["field"]: error.get("value") for error in body["errors"]}
    assert (sent["fixes.1.lon"], sent["fixes.1.lat"]) == (200, "north")
    assert "known are fixes" in next(
        error["message"] for error in body["errors"] if error["field"] == "extra"
    )


async def test_a_secret_is_not_quoted_back(client: ApiClient) -> None:
    """A wrong password field is named without its value."""
    await client.get("/api/session")
    answer = await client.post("/api/session", json={"phone": "abc", "password": 12345678})
    body = problem_of(answer, 422, "invalid-fields")
    assert wrong_fields(body) == {"phone": "invalid", "password": "invalid"}
    assert "12345678" not in answer.text and body["errors"][0]["value"] == "abc"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"no json", b"\xff\xfe", b'{"on_duty": true', b'{"on_duty": "\\ud800"}', b"[" * 100_000],
    ids=["empty", "open", "words", "bytes", "cut", "surrogate", "deep"],
)
async def test_what_is_not_json(volunteer: ApiClient, body: bytes) -> None:
    """422, and it says that the body is not JSON."""
    answer = await volunteer.put("/api/me/duty", content=body, headers={"Content-Type": "application/json"})
    assert wrong_fields(problem_of(answer, 422, "invalid-fields")) in (
        {"body": "not-json"},
        {"body": "invalid"},
    )


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
async def test_json_of_another_shape(volunteer: ApiClient, body: Any) -> None:
    """422 for the whole body."""
    answer = await volunteer.put(
        "/api/me/duty", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert wrong_fields(problem_of(answer, 422, "invalid-fields")) == {"body": "invalid"}


async def test_the_character_that_no_database_keeps(volunteer: ApiClient) -> None:
    """U+0000 in a body or a query is refused on both engines."""
    answer = await volunteer.patch("/api/me", json={"name": "a\0b"})
    problem_of(answer, 422, "invalid-fields")
    area = (await volunteer.get("/api/areas")).json()[0]["id"]
    problem_of(await volunteer.get(f"/api/people?area_id={area}&q=%00"), 422, "invalid-fields")


async def test_wrong_and_missing_query_parameters(volunteer: ApiClient) -> None:
    """Named like fields, several at once, with the value that was sent."""
    body = problem_of(await volunteer.get("/api/live", params={"area_id": "abc"}), 422, "invalid-fields")
    assert wrong_fields(body) == {"area_id": "invalid"} and body["errors"][0]["value"] == "abc"
    body = problem_of(await volunteer.get("/api/live"), 422, "invalid-fields")
    assert wrong_fields(body) == {"area_id": "missing"}
    far = {"area_id": "abc", "lon": "500", "lat": "nan"}
    body = problem_of(await volunteer.get("/api/offers", params=far), 422, "invalid-fields")
    assert wrong_fields(body) == {"area_id": "invalid", "lon": "invalid", "lat": "invalid"}
    body = problem_of(
        await volunteer.get("/api/me/points", params={"before": "9" * 30}), 422, "invalid-fields"
    )
    assert wrong_fields(body) == {"before": "invalid"}


async def test_too_large_a_body(volunteer: ApiClient) -> None:
    """413, said or sent."""
    answer = await volunteer.put(
        "/api/me/duty", content=b" " * (17 * 1024 * 1024), headers={"Content-Type": "application/json"}
    )
    problem_of(answer, 413, "body-too-large")


@pytest.mark.parametrize("path", ["/api/broken", "/api/nested"])
async def test_an_unexpected_error_tells_nothing_of_the_inside(client: ApiClient, path: str) -> None:
    """500 with the id under which the log has the rest."""
    answer = await client.get(path, headers={"X-Request-ID": "trace-1234567"})
    body = problem_of(answer, 500, "internal")
    assert body["instance"] == "trace-1234567"
    for inside in ("hunter2", "RuntimeError", "KeyError", "Traceback", ".py", "outer"):
        assert inside not in answer.text


async def test_pages_outside_the_api_fail_as_problems_too(client: ApiClient) -> None:
    """A file that is not there, a map that is not there, a wrong method on a page."""
    problem_of(await client.get("/assets/none.js"), 404, "not-found")
    problem_of(await client.get("/maps/none.pmtiles"), 404, "not-found")
    problem_of(await client.delete("/desk"), 405, "method-not-allowed")


async def test_every_json_answer_of_the_api_may_not_be_kept(volunteer: ApiClient) -> None:
    """What is said to one person must not lie in a cache."""
    for path in ("/api/session", "/api/me", "/api/areas", "/api/me/points"):
        answer = await volunteer.get(path)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store", path


async def test_a_huge_date_is_a_wrong_field_or_an_old_one(
    volunteer: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times at the end of the calendar do not break the arithmetic."""
    monkeypatch.setattr(daylight, "solar_height_deg", lambda *_: 60.0)  # at night one walks in company only
    consent = await volunteer.put("/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    assert consent.status_code == 200
    area = (await volunteer.get("/api/areas")).json()[0]["id"]
    for text in ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"):
        wanted = {"id": str(uuid7()), "area_id": area, "started_at": text}
        body = problem_of(await volunteer.post("/api/patrols", json=wanted), 422, "invalid-fields")
        assert wrong_fields(body) == {"started_at": "too-long-ago"}
    wanted = {"id": str(uuid7()), "area_id": area, "started_at": "9999-12-31T23:59:59-12:00"}
    answer = await volunteer.post("/api/patrols", json=wanted)
    assert answer.status_code == 201
    began = dt.datetime.fromisoformat(answer.json()["started_at"])
    assert abs(began - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


async def test_a_conflict_names_its_field(new_client: Callable[[], ApiClient], app: Litestar) -> None:
    """409 with parameters that a phone can word."""
    district: District = await make_district()
    admin = await browser_of(new_client, await district.person(Role.ADMIN))
    me = (await admin.get("/api/me")).json()["id"]
    body = problem_of(await admin.post(f"/api/people/{me}/disable", json={"reason": "test"}), 409, "conflict")
    assert body["params"] == {"id": me}
