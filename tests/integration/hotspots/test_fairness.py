"""Patrol minutes per resident and per incident over HTTP, held against a case computed by hand."""

import datetime as dt
from typing import Any

import pytest

from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.incidents import service as incidents
from backend.patrols.models import Patrol
from routing.incident import Incident
from tests.integration.hotspots.conftest import NOON, Desk
from tests.support.district import CENTER, COMMUNITY_WIDTH_DEGREES, browser_of

RESIDENTS = (1000, 2000, 500)
INCIDENTS = (10, 2, 10)


async def walked(
    desk: Desk, area_id: Any, minutes: int, days_ago: float = 2, state: str = "accepted"
) -> None:
    """A patrol of the past."""
    walker = await desk.place.volunteer()
    started_at = NOON - dt.timedelta(days=days_ago)
    await Patrol.create(
        id=uuid7(), area_id=area_id, kind="free_patrol", state=state, started_by=walker.id, started_at=started_at,
        finished_at=None if state == "active" else started_at + dt.timedelta(minutes=minutes), minutes=minutes,
    )  # fmt: skip


@pytest.fixture
async def served(desk: Desk) -> Desk:
    """Three communities: 60, 40 and 100 minutes (the third in two walks), and 5 minutes of the whole district."""
    told: list[Incident] = []
    for number, (community, residents, many) in enumerate(
        zip(desk.place.communities, RESIDENTS, INCIDENTS, strict=True)
    ):
        answer = await desk.officer.patch(
            f"/api/areas/{community.id}/settings", json={"residents": residents}
        )
        assert answer.status_code == 200, answer.text
        lon = CENTER[0] + number * COMMUNITY_WIDTH_DEGREES
        told += [
            Incident(f"{number}-{each}", NOON - dt.timedelta(days=3, minutes=each), lon, CENTER[1], "纠纷")
            for each in range(many)
        ]
    told.append(Incident("found", NOON - dt.timedelta(days=3), *CENTER, "纠纷", source="patrol"))
    told.append(Incident("old", NOON - dt.timedelta(days=40), *CENTER, "纠纷"))
    await incidents.import_incidents(desk.place.district, told, "test")
    first, second, third = (community.id for community in desk.place.communities)
    for area_id, minutes in (
        (first, 60),
        (second, 40),
        (third, 70),
        (third, 30),
        (desk.place.district.id, 5),
    ):
        await walked(desk, area_id, minutes)
    await walked(desk, first, 500, days_ago=30)
    await walked(desk, first, 500, state="rejected")
    return desk


async def test_by_hand(served: Desk) -> None:
    """60, 20 and 200 minutes a thousand residents; 6, 20 and 10 an incident. Rejected, older and patrols' own findings
    do not count."""
    found = await served.get("/api/hotspots/fairness")
    rows = found["communities"]
    assert [row["residents"] for row in rows] == list(RESIDENTS)
    assert [row["minutes"] for row in rows] == [60, 40, 100]
    assert [row["patrols"] for row in rows] == [1, 1, 2]
    assert [row["incidents"] for row in rows] == list(INCIDENTS)
    assert [row["per_1000_residents"] for row in rows] == [60, 20, 200]
    assert [row["residents_level"] for row in rows] == ["usual", "below", "above"]
    assert [row["per_incident"] for row in rows] == [6, 20, 10]
    assert (found["median_per_1000_residents"], found["median_per_incident"]) == (60, 10)
    assert (found["days"], found["elsewhere_minutes"]) == (28, 5)


async def test_a_longer_look_back(served: Desk) -> None:
    """The time looked back over is the asker's choice."""
    rows = (await served.get("/api/hotspots/fairness", days=60))["communities"]
    assert (rows[0]["minutes"], rows[0]["incidents"]) == (560, 11)


async def test_residents_are_the_areas_to_tell(served: Desk, new_client: Any) -> None:
    """Officers and administrators of the area set them, and take them back; nobody else does; nonsense is named."""
    community = served.place.communities[0]
    path = f"/api/areas/{community.id}/settings"
    volunteer = await browser_of(new_client, await served.place.volunteer())
    assert (await volunteer.patch(path, json={"residents": 5})).status_code == 403
    admin = await browser_of(new_client, await served.place.person(Role.ADMIN, at=community))
    assert (await admin.patch(path, json={"residents": 7400})).json()["residents"] == 7400
    wrong = await admin.patch(path, json={"residents": -1})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "residents"
    assert (await admin.patch(path, json={"residents": None})).json()["residents"] is None
    rows = (await served.get("/api/hotspots/fairness"))["communities"]
    assert (rows[0]["per_1000_residents"], rows[0]["residents_level"]) == (None, "unknown")
