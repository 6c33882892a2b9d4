"""The harm table: who decides, what is decided, and what no decision can change."""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.incidents import service
from routing.incident import Incident
from routing.outlook_reports import Known, known_reports
from routing.words import RequestError
from tests.integration.incidents.conftest import NOON, Station
from tests.support.app import ApiClient
from tests.support.district import CENTER, browser_of, make_district

SINCE = NOON - dt.timedelta(days=30)


async def past(station: Station, *kinds: str) -> None:
    """The district has one incident of each kind, or as many as the kind is named."""
    made = [
        Incident(f"J{n}", NOON - dt.timedelta(days=2), CENTER[0], CENTER[1], kind)
        for n, kind in enumerate(kinds)
    ]
    await service.import_incidents(station.place.district, made, "test")


async def table(browser: ApiClient, station: Station) -> dict[str, dict[str, Any]]:
    answer = await browser.get("/api/incidents/kinds", params={"area_id": station.place.district.id})
    assert answer.status_code == 200, answer.text
    return {each["kind"]: each for each in answer.json()["items"]}


async def learned_from(station: Station) -> Known | None:
    """What a forecast of this moment learns from; None when there is nothing left."""
    district = station.place.district
    known = await service.history(district, SINCE, NOON)
    try:
        return known_reports(known.incidents(), NOON, None, await service.rules(district))
    except RequestError as error:
        assert error.code == "no_incidents"
        return None


def weights(known: Known) -> dict[str, float]:
    """Each kind's weight."""
    kinds = [known.reports.kinds[index] for index in known.reports.kind.tolist()]
    return dict(zip(kinds, known.weight.tolist(), strict=True))


def decision(station: Station, kind: str, version: int = 0, **changes: Any) -> dict[str, Any]:
    body = {"area_id": str(station.place.district.id), "kind": kind, "version": version}
    return {**body, "weight": 1.0, "counted": True, "shown": True, **changes}


async def test_what_holds_before_anyone_decided(station: Station) -> None:
    """Usual kinds count; enforcement's own are off and say why; domestic and sexual ones are private; unknown ones
    come first, to be assigned."""
    await past(station, "纠纷", "纠纷", "赌博", "家庭暴力", "宠物扰民")
    found = await table(station.officer, station)
    assert list(found) == ["宠物扰民", "纠纷", "家庭暴力", "赌博"]
    assert (found["纠纷"]["incidents"], found["纠纷"]["counted"], found["纠纷"]["shown"]) == (2, True, True)
    assert (found["赌博"]["counted"], found["赌博"]["shown"], found["赌博"]["private"]) == (
        False,
        False,
        False,
    )
    assert "执法" in found["赌博"]["why"]["zh"] and "enforcement" in found["赌博"]["why"]["en"]
    assert (found["家庭暴力"]["counted"], found["家庭暴力"]["shown"], found["家庭暴力"]["private"]) == (
        False,
        False,
        True,
    )
    assert (found["宠物扰民"]["known"], found["宠物扰民"]["assigned"]) == (False, False)
    rules = await service.rules(station.place.communities[0])
    assert {kind: rule.used for kind, rule in rules.items()} == {
        "纠纷": True, "赌博": False, "家庭暴力": False, "宠物扰民": True,
    }  # fmt: skip
    assert await service.unshown_kinds(station.place.district) == {"赌博", "家庭暴力"}


async def test_a_decision_holds_for_forecasts(station: Station) -> None:
    """Weight and counting are what the district decided, and each decision is in the audit log."""
    await past(station, "纠纷", "赌博", "宠物扰民")
    for body in (
        decision(station, "纠纷", weight=2.5), decision(station, "赌博", shown=False),
        decision(station, "宠物扰民", counted=False),
    ):  # fmt: skip
        answer = await station.officer.put("/api/incidents/kinds", json=body)
        assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.text
    given = await learned_from(station)
    assert given is not None
    assert weights(given) == {"纠纷": 2.5, "赌博": 1.0}
    assert [(each.kind, each.reports) for each in given.left_out] == [("宠物扰民", 1)]
    assert await service.unshown_kinds(station.place.district) == {"赌博"}
    assert await service.rules_changed_at(station.place.district) == NOON
    told = await AuditEntry.filter(action="incidents.kind_change")
    assert len(told) == 3 and '"weight":2.5' in told[0].details


@pytest.mark.parametrize("kind", ["家庭暴力", "强奸", "Sexual assault"])
async def test_private_kinds_stay_private(station: Station, kind: str) -> None:
    """No decision lets forecasts learn from them or volunteers see them; not even one written past the API."""
    await past(station, kind)
    answer = await station.officer.put("/api/incidents/kinds", json=decision(station, kind))
    assert {(each["field"], each["code"]) for each in answer.json()["errors"]} == {
        ("counted", "private"), ("shown", "private"),
    }  # fmt: skip
    answer = await station.officer.put(
        "/api/incidents/kinds", json=decision(station, kind, counted=False, shown=False)
    )
    assert answer.status_code == 200
    from backend.incidents.models import IncidentKind

    await IncidentKind.filter(kind=kind).update(counted=True, shown=True)
    assert (await service.rules(station.place.district))[kind].used is False
    assert kind in await service.unshown_kinds(station.place.district)
    assert await learned_from(station) is None


async def test_a_district_may_declare_a_kind_private(station: Station) -> None:
    """An odd name for what is delicate: declared private it is neither learned from nor shown, and can be taken back."""
    await past(station, "特殊求助")
    body = decision(station, "特殊求助", private=True)
    answer = await station.officer.put("/api/incidents/kinds", json=body)
    assert {each["field"] for each in answer.json()["errors"]} == {"counted", "shown"}
    answer = await station.officer.put(
        "/api/incidents/kinds", json={**body, "counted": False, "shown": False}
    )
    told = answer.json()
    assert (told["private"], told["always_private"], "本区" in told["why"]["zh"]) == (True, False, True)
    assert (await service.rules(station.place.district))["特殊求助"].private
    assert await service.unshown_kinds(station.place.district) == {"特殊求助"}
    assert await learned_from(station) is None
    answer = await station.officer.put("/api/incidents/kinds", json=decision(station, "特殊求助", 1))
    assert not answer.json()["private"]
    assert await service.unshown_kinds(station.place.district) == frozenset()


@pytest.mark.parametrize("weight", [-0.1, 5.1, 1e308])
async def test_weights_are_capped(station: Station, weight: float) -> None:
    """A weight beyond the cap is refused with its range; the file's own weights are capped on the way out."""
    await past(station, "纠纷")
    answer = await station.officer.put("/api/incidents/kinds", json=decision(station, "纠纷", weight=weight))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "weight")
    heavy = Incident("H", NOON - dt.timedelta(days=1), CENTER[0], CENTER[1], "纠纷", weight=90.0)
    await service.import_incidents(station.place.district, [heavy])
    given = await learned_from(station)
    assert given is not None and sorted(given.weight.tolist()) == [1.0, 5.0]


async def test_two_decide_at_once(station: Station, new_client: Callable[[], ApiClient]) -> None:
    """Of two decisions about the same version one holds, and the other is told to look again."""
    await past(station, "纠纷")
    admin = await browser_of(new_client, await station.place.person(Role.ADMIN))
    for version in (0, 1):
        answers = await asyncio.gather(
            station.officer.put("/api/incidents/kinds", json=decision(station, "纠纷", version, weight=2.0)),
            admin.put("/api/incidents/kinds", json=decision(station, "纠纷", version, weight=3.0)),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert next(each for each in answers if each.status_code == 409).json()["code"] == "stale-version"
    assert (await table(admin, station))["纠纷"]["version"] == 2


async def test_who_decides(station: Station, new_client: Callable[[], ApiClient]) -> None:
    """Officers and administrators of the whole district; nobody else, and nobody elsewhere; no kind of thin air."""
    await past(station, "纠纷")
    body = decision(station, "纠纷")
    for role, at, status in (
        (Role.VOLUNTEER, None, 403), (Role.POSTER, None, 403), (Role.OFFICER, station.place.communities[0], 403),
        (Role.ADMIN, None, 200),
    ):  # fmt: skip
        browser = await browser_of(new_client, await station.place.person(role, at=at))
        assert (await browser.put("/api/incidents/kinds", json=body)).status_code == status
        listed = await browser.get("/api/incidents/kinds", params={"area_id": station.place.district.id})
        assert listed.status_code == status
    there = await make_district("other", center=(121.7, 28.0))
    other = await browser_of(new_client, await there.person(Role.OFFICER))
    assert (await other.put("/api/incidents/kinds", json=body)).status_code == 404
    answer = await station.officer.put("/api/incidents/kinds", json=decision(station, "没有的"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown")
