"""One incident told at the desk: kept once, refused with the field, and a serious one said to be so."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.models import JobRow
from backend.core.roles import Role
from backend.incidents import service
from backend.incidents.models import Incident
from backend.incidents.storing import ARRIVED_JOB
from tests.integration.incidents.conftest import NOON, Station
from tests.support.app import ApiClient
from tests.support.district import CENTER, browser_of


def told(station: Station, **changes: Any) -> dict[str, Any]:
    """The body of a robbery ten minutes ago in the middle of the district."""
    at = (NOON - dt.timedelta(minutes=10)).isoformat()
    body = {"id": str(uuid7()), "area_id": str(station.place.district.id), "kind": "抢劫", "at": at}
    return {**body, "lon": CENTER[0], "lat": CENTER[1], **changes}


async def test_a_serious_incident_is_kept_once(station: Station) -> None:
    """Sent twice it is one; plans are thought over because of it; the officer hears that it is serious."""
    body = told(station)
    for _ in range(2):
        answer = await station.officer.post("/api/incidents", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"id": body["id"], "grave": True}
    kept = await Incident.filter(area_id=station.place.district.id)
    assert [(each.kind, each.batch) for each in kept] == [("抢劫", "desk")]
    assert await JobRow.filter(name=ARRIVED_JOB).count() == 1
    assert (await service.data_age(station.place.district)).imported_at is None, "it is no import"


async def test_the_district_says_what_is_serious(station: Station) -> None:
    """A dispute is not, until the harm table weighs it so; what is private never is."""
    dispute = await station.officer.post("/api/incidents", json=told(station, kind="纠纷"))
    assert dispute.json()["grave"] is False
    decision = {"area_id": str(station.place.district.id), "kind": "纠纷", "version": 0, "weight": 4.0, "counted": True, "shown": True}  # fmt: skip
    assert (await station.officer.put("/api/incidents/kinds", json=decision)).status_code == 200
    again = await station.officer.post("/api/incidents", json=told(station, kind="纠纷"))
    assert again.json()["grave"] is True
    private = await station.officer.post("/api/incidents", json=told(station, kind="家庭暴力伤害"))
    assert private.json()["grave"] is False


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"kind": "  "}, "kind", "missing"),
        ({"at": "2026-06-05T20:00:00"}, "at", "no-offset"),
        ({"at": (NOON + dt.timedelta(hours=1)).isoformat()}, "at", "in-future"),
        ({"at": (NOON - dt.timedelta(days=1)).isoformat()}, "at", "too-long-ago"),
        ({"lon": 0.0}, "lon", "outside-area"),
    ],
)
async def test_what_is_wrong_is_named(
    station: Station, changes: dict[str, Any], field: str, code: str
) -> None:
    """The field and the reason, and nothing is kept."""
    answer = await station.officer.post("/api/incidents", json=told(station, **changes))
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]
    assert await Incident.all().count() == 0


async def test_officers_alone_tell(station: Station, new_client: Callable[[], ApiClient]) -> None:
    """Nobody else writes the past."""
    for role in (Role.VOLUNTEER, Role.POSTER, Role.APPROVER):
        browser = await browser_of(new_client, await station.place.person(role))
        assert (await browser.post("/api/incidents", json=told(station))).status_code == 403, role
