"""An officer's import: what is seen before anything is imported, what is imported, and what is left of the file."""

import asyncio
import csv
import datetime as dt
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from backend.core import audit
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.incidents import carrying, service, uploads
from backend.incidents.models import Incident, IncidentImport
from backend.settings import current
from routing.geo import haversine_m
from routing.outlook_reports import known_reports
from tests.integration.incidents.conftest import BAD, HEADER, NOON, Station, export, line
from tests.support.app import ApiClient
from tests.support.district import CENTER, browser_of, make_district
from tests.support.workers import run_due_jobs


@pytest.mark.real_processes
async def test_from_a_file_to_incidents(station: Station) -> None:
    """Looked at, declared, tried, confirmed: the good rows are in, in WGS-84; the bad ones come back with reasons; no
    person's name or number was kept anywhere; the file is gone."""
    seen = await station.given(export())
    assert seen["state"] == "ready"
    columns = {each["header"]: each for each in seen["preview"]["columns"]}
    assert columns["报警时间"]["field"] == "time" and columns["报警时间"]["cells"][0] == "2026-06-01 00:30"
    assert columns["报警人"] == {
        "header": "报警人",
        "field": None,
        "person": True,
        "sentences": False,
        "cells": [],
    }
    assert set(seen["preview"]["places"]) == {"wgs84", "gcj02", "bd09"}
    assert await Incident.all().count() == 0
    (lies_there,) = uploads.folder_of(uuid.UUID(seen["id"])).iterdir()
    assert "13966496171" not in lies_there.read_text() and "某某" not in lies_there.read_text()

    tried = await station.tried(seen["id"])
    assert (tried["state"], tried["datum"]) == ("checked", "gcj02")
    report = tried["report"]
    assert (report["row_count"], report["accepted"], report["refused"], report["known"]) == (18, 12, 6, 0)
    assert {each["code"]: each["rows"] for each in report["findings"]} == {
        "missing_coordinates": 1, "zero_coordinates": 1, "bad_time": 1, "missing_category": 1, "outside_area": 1,
        "duplicate": 1, "no_source_column": 1, "person_text": 1,
    }  # fmt: skip
    bad_time = next(each for each in report["findings"] if each["code"] == "bad_time")
    assert bad_time["samples"] == [{"row": 16, "column": "报警时间", "value": "昨晚"}]
    assert report["dropped_columns"] == ["报警人", "联系电话"]
    assert report["kinds"] == [{"kind": "纠纷", "rows": 12, "known": True}]
    assert await Incident.all().count() == 0

    done = await station.imported(tried)
    assert (done["state"], done["added"], done["file_gone"]) == ("imported", 12, True)
    found = await service.incidents_for(station.place.district, NOON - dt.timedelta(days=30))
    assert len(found) == 12
    assert float(haversine_m(found[0].lon, found[0].lat, *CENTER)) < 0.1
    stored = await Incident.all().first()
    assert stored is not None and stored.batch == seen["id"]

    left = {path.name for path in uploads.folder_of(uuid.UUID(seen["id"])).iterdir()}
    assert left == {f"refused-{tried['run']}.csv", f"refused-{tried['run']}.xlsx"}
    as_csv = await station.officer.get(f"/api/incidents/imports/{seen['id']}/refused")
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [row["原因代码"] for row in rows] == [
        "missing_coordinates", "zero_coordinates", "bad_time", "missing_category", "outside_area", "duplicate",
    ]  # fmt: skip
    as_xlsx = await station.officer.get(
        f"/api/incidents/imports/{seen['id']}/refused", params={"kind": "xlsx"}
    )
    sheet = load_workbook(io.BytesIO(as_xlsx.content)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(rows[0])
    assert sheet.max_row == 7
    kept = repr(await IncidentImport.all().values()) + repr(await AuditEntry.all().values()) + repr(rows)
    assert "13966496171" not in kept and "某某" not in kept


async def test_the_same_file_twice_adds_nothing(station: Station) -> None:
    """The second time the dry run says that all is known and who imported it, and confirming adds none."""
    first = await station.tried((await station.given(export()))["id"])
    await station.imported(first)
    again = await station.tried((await station.given(export()))["id"])
    assert again["report"]["known"] == again["report"]["accepted"] == 12
    assert again["same_file"]["added"] == 12 and again["same_file"]["by_name"] == "陈警官"
    assert (await station.imported(again))["added"] == 0
    assert await Incident.all().count() == 12
    listed = (
        await station.officer.get("/api/incidents/imports", params={"area_id": station.place.district.id})
    ).json()
    assert [(each["state"], each["added"], each["accepted"]) for each in listed["items"]] == [
        ("imported", 0, 12), ("imported", 12, 12),
    ]  # fmt: skip


async def test_a_corrected_row_takes_the_place_of_its_own(station: Station) -> None:
    """Under the same number another kind, time or place is told in the dry run and corrects what is there; a row of weeks
    later and of another kind only bears a number that was used again, and is added."""
    await station.imported(await station.tried((await station.given(export(4, bad=())))["id"]))
    rows = (
        line(0, kind="打架斗殴"),
        line(1, at="2026-06-01 02:45"),
        line(2),
        line(3, kind="噪音扰民", at="2026-04-01 08:00"),
    )
    data = "\n".join([HEADER, *rows]).encode()
    tried = await station.tried((await station.given(data))["id"])
    report = tried["report"]
    assert (report["accepted"], report["known"], report["corrected"]) == (4, 1, 2)
    groups = {each["code"]: each for each in report["findings"]}
    assert [(each["column"], each["value"]) for each in groups["corrected"]["samples"]] == [
        ("J0", "纠纷 → 打架斗殴"), ("J1", "2026-06-01 01:30 → 2026-06-01 02:45"),
    ]  # fmt: skip
    assert groups["number_reused"]["rows"] == 1
    done = await station.imported(tried)
    assert (done["added"], done["corrected"]) == (1, 2)
    kept = await service.incidents_for(station.place.district, NOON - dt.timedelta(days=90))
    assert [(each.kind, f"{each.at:%m-%d %H:%M}") for each in kept] == [
        ("噪音扰民", "04-01 00:00"), ("打架斗殴", "05-31 16:30"), ("纠纷", "05-31 18:30"), ("纠纷", "05-31 18:45"),
        ("纠纷", "05-31 19:30"),
    ]  # fmt: skip
    again = await station.tried((await station.given(data))["id"])
    assert (again["report"]["known"], again["report"]["corrected"]) == (4, 0)
    assert (await station.imported(again))["added"] == 0
    assert await Incident.all().count() == 5


async def test_an_import_that_adds_nothing_is_news_all_the_same(station: Station, clock: Any) -> None:
    """The reminder of old data goes when a file came, although the district had all of it already; no map is made anew."""
    await station.imported(await station.tried((await station.given(export()))["id"]))
    before = await service.imported_at(station.place.district)
    clock.advance(dt.timedelta(days=5))
    assert (await service.data_age(station.place.district)).old
    await station.imported(await station.tried((await station.given(export()))["id"]))
    age = await service.data_age(station.place.district)
    assert not age.old and age.imported_at == NOON + dt.timedelta(days=5)
    assert await service.imported_at(station.place.district) == before


async def test_the_officer_is_told(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of an import is a message to whoever began it; of a long one the dry run's end as well; a failure always."""
    await station.imported(await station.tried((await station.given(export()))["id"]))
    monkeypatch.setattr(carrying, "LONG_ROWS", 10)
    tried = await station.tried((await station.given(export()))["id"])
    uploads.good_of(uuid.UUID(tried["id"]), tried["run"]).unlink()
    await station.imported(tried)
    told = (await station.officer.get("/api/me/messages")).json()["items"]
    assert [each["kind"] for each in told] == ["incidents.failed", "incidents.checked", "incidents.imported"]
    assert (
        told[-1]["title_zh"] == "警情已导入：六月.csv"
        and told[-1]["body_zh"] == "新增 12 起，更正 0 起，6 行没有导入。"
    )
    assert told[1]["ref"] == {"kind": "incident_import", "id": tried["id"]}


async def test_two_officers_at_once(station: Station, new_client: Callable[[], ApiClient]) -> None:
    """Two imports of one file at the same time add each row once between them; one confirmed twice is carried once."""
    one = await station.tried((await station.given(export(1_200)))["id"])
    two = await station.tried((await station.given(export(1_200)))["id"])
    for answer in await asyncio.gather(*(station.confirm(each) for each in (one, two, one, two))):
        assert answer.status_code == 200, answer.text
    ids = [uuid.UUID(each["id"]) for each in (one, two)]
    await asyncio.gather(*(carrying.carry_over(each) for each in (*ids, *ids)))
    ended = [await station.read(each["id"]) for each in (one, two)]
    assert [each["state"] for each in ended] == ["imported", "imported"]
    assert sum(each["added"] for each in ended) == await Incident.all().count() == 1_200


async def test_carrying_goes_on_where_it_broke(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that breaks after two blocks is done again: every row is in once, and counted once."""
    tried = await station.tried((await station.given(export(1_700, bad=())))["id"])
    await station.confirm(tried)
    real, calls = carrying.add_block, 0

    async def breaks(*args: Any, **kwargs: Any) -> int:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ConnectionError("the database went away")
        return await real(*args, **kwargs)

    monkeypatch.setattr(carrying, "add_block", breaks)
    with pytest.raises(ConnectionError):
        await run_due_jobs("incidents.carry")
    halfway = await station.read(tried["id"])
    assert (halfway["state"], halfway["added"]) == ("importing", 1_000)
    assert 0.5 < halfway["progress"] < 0.7
    await run_due_jobs("incidents.carry")
    ended = await station.read(tried["id"])
    assert (ended["state"], ended["added"], await Incident.all().count()) == ("imported", 1_700, 1_700)
    assert calls == 5


async def test_columns_named_by_hand(station: Station) -> None:
    """A header that no name fits is shown with what is missing; named, the file is read; a wrong name is refused."""
    data = export().replace(HEADER.encode("gb18030"), b"a,b,c,d,e,f,g")
    seen = await station.given(data)
    assert (seen["state"], seen["preview"]["missing"]) == ("ready", ["lon", "lat", "time"])
    path = f"/api/incidents/imports/{seen['id']}/columns"
    refused = await station.officer.put(path, json={"columns": {"lon": "x", "lat": "e", "time": "e"}})
    assert refused.status_code == 422
    assert {(each["field"], each["code"]) for each in refused.json()["errors"]} == {
        ("columns.lon", "unknown"), ("columns.lat", "twice"), ("columns.time", "twice"),
    }  # fmt: skip
    columns = {"id": "a", "time": "b", "kind": "c", "lon": "d", "lat": "e"}
    assert (await station.officer.put(path, json={"columns": columns})).status_code == 200
    await run_due_jobs("incidents.look")
    seen = await station.read(seen["id"])
    assert (seen["preview"]["missing"], seen["columns"]) == ([], columns)
    tried = await station.tried(seen["id"])
    assert tried["report"]["accepted"] == 12
    assert tried["report"]["dropped_columns"] == ["f", "g"]


async def test_only_the_report_that_was_seen_is_confirmed(station: Station) -> None:
    """A file tried again in another datum is not imported on the word of the earlier report."""
    first = await station.tried((await station.given(export()))["id"], "wgs84")
    second = await station.tried(first["id"], "gcj02")
    assert second["run"] > first["run"]
    answer = await station.confirm(first)
    assert (answer.status_code, answer.json()["code"]) == (409, "import-read-again")
    assert (await station.imported(second))["added"] == 12


async def test_a_result_of_an_earlier_reading_is_dropped(station: Station) -> None:
    """A dry run that ends after the officer asked for another changes nothing."""
    seen = await station.given(export())
    path = f"/api/incidents/imports/{seen['id']}"
    await station.officer.post(f"{path}/check", json={"datum": "wgs84"})
    found = await IncidentImport.get(id=seen["id"])
    await IncidentImport.filter(id=found.id).update(run=found.run + 1, datum="gcj02")
    await carrying.try_out(found.id, found.run)
    assert (await station.read(seen["id"]))["state"] == "checking"


async def test_files_that_cannot_be_read(station: Station) -> None:
    """The reason names the file as the officer does and never where it lies; another file can be given."""
    for data, code in (
        (b"PK\x03\x04 broken", "incidents-unreadable"),
        (b'{"type": 1}', "incidents-unreadable"),
    ):
        seen = await station.given(data, "坏.xlsx")
        assert (seen["state"], seen["failure"]["code"]) == ("failed", code)
        assert "坏.xlsx" in seen["failure"]["params"]["zh"]
        assert str(current().data_dir) not in repr(seen)
        answer = await station.officer.post(
            f"/api/incidents/imports/{seen['id']}/check", json={"datum": "wgs84"}
        )
        assert (answer.status_code, answer.json()["code"]) == (410, "import-file-gone")
    assert await uploads.stored() == {}


async def test_limits(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large or empty is refused with what to do, and nothing of it stays on the disk."""
    monkeypatch.setattr(uploads, "BYTES_MAX", 1_000)
    for data, status, code in ((export(500), 413, "import-too-large"), (b"", 422, "import-empty")):
        answer = await station.give(data)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    answer = await station.give(b"x", "")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file_name")
    answer = await station.give(b"x", "a\0b")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-fields")
    assert await uploads.stored() == {}


async def test_sent_twice_with_one_id(station: Station) -> None:
    """A phone that heard no answer sends again and finds the same import; another's id is no way in."""
    import_id = str(uuid7())
    first, second = (
        await station.give(export(), import_id=import_id),
        await station.give(export(), import_id=import_id),
    )
    assert first.json()["id"] == second.json()["id"] == import_id
    assert await IncidentImport.all().count() == 1
    assert (await station.tried(import_id))["report"]["accepted"] == 12


async def test_dropped(station: Station) -> None:
    """A file that the officer drops is deleted at once, leaves the list, and cannot be imported; twice is once."""
    tried = await station.tried((await station.given(export()))["id"])
    for _ in range(2):
        answer = await station.officer.post(f"/api/incidents/imports/{tried['id']}/discard")
        assert (answer.status_code, answer.json()["state"]) == (200, "discarded")
    assert await uploads.stored() == {}
    assert (await station.confirm(tried)).json()["code"] == "import-state"
    listed = await station.officer.get(
        "/api/incidents/imports", params={"area_id": station.place.district.id}
    )
    assert listed.json()["items"] == []


async def test_a_day_later_the_file_is_gone(station: Station, clock: Any) -> None:
    """What was never confirmed, and refused rows nobody fetched, are deleted after a day; reports stay."""
    tried = await station.tried((await station.given(export()))["id"])
    clock.advance(dt.timedelta(hours=23))
    await carrying.sweep()
    assert len(await uploads.stored()) == 1
    clock.advance(dt.timedelta(hours=2))
    await carrying.sweep()
    assert await uploads.stored() == {}
    path = f"/api/incidents/imports/{tried['id']}"
    for answer in (
        await station.confirm(tried),
        await station.officer.post(f"{path}/check", json={"datum": "gcj02"}),
        await station.officer.get(f"{path}/refused"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "import-file-gone")
    assert (await station.read(tried["id"]))["report"]["accepted"] == 12


async def test_nobody_waits_for_ever(station: Station, clock: Any) -> None:
    """A reading that no job will finish any more is failed after an hour."""
    answer = await station.give(export())
    path = f"/api/incidents/imports/{answer.json()['id']}"
    assert (await station.officer.put(f"{path}/columns", json={"columns": {}})).json()["state"] == "looking"
    clock.advance(dt.timedelta(minutes=61))
    await carrying.sweep()
    seen = await station.read(answer.json()["id"])
    assert (seen["state"], seen["failure"]["code"]) == ("failed", "timed-out")


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.POSTER, Role.APPROVER, Role.ADMIN])
async def test_only_officers_import(
    station: Station, new_client: Callable[[], ApiClient], role: Role
) -> None:
    """Nobody else gives, sees, tries, confirms or fetches."""
    other = await browser_of(new_client, await station.place.person(role))
    seen = await station.given(export())
    path = f"/api/incidents/imports/{seen['id']}"
    answers = [
        await station.give(export(), by=other),
        await other.get(path),
        await other.get("/api/incidents/imports", params={"area_id": station.place.district.id}),
        await other.put(f"{path}/columns", json={"columns": {}}),
        await other.post(f"{path}/check", json={"datum": "gcj02"}),
        await other.post(f"{path}/confirm", json={"run": 1}),
        await other.post(f"{path}/discard"),
        await other.get(f"{path}/refused"),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)


async def test_another_district_sees_nothing(station: Station, new_client: Callable[[], ApiClient]) -> None:
    """An officer elsewhere finds no such thing, and cannot import here."""
    there = await make_district("other", center=(121.7, 28.0))
    other = await browser_of(new_client, await there.person(Role.OFFICER))
    seen = await station.given(export())
    assert (await other.get(f"/api/incidents/imports/{seen['id']}")).status_code == 404
    assert (await station.give(export(), by=other)).status_code == 404


async def test_the_audit_log_tells(station: Station) -> None:
    """Who gave which bytes, who had them imported, how many came in; the chain holds."""
    await station.imported(await station.tried((await station.given(export()))["id"]))
    told = await AuditEntry.filter(kind="incident_import").order_by("position")
    assert [each.action for each in told] == ["incidents.upload", "incidents.import", "incidents.imported"]
    assert '"added":12' in told[-1].details
    assert len({each.actor_id for each in told}) == 1
    assert (await audit.verify()).ok


async def test_what_patrols_found_is_marked_and_not_learned_from(station: Station) -> None:
    """The source column tells patrols' own findings; a forecast leaves them out."""
    data = "\n".join([f"{HEADER},警情来源", f"{line(1)},报警", f"{line(2)},巡逻发现"]).encode()
    tried = await station.tried((await station.given(data))["id"])
    assert tried["report"]["from_patrols"] == 1
    await station.imported(tried)
    past = await service.history(station.place.district, NOON - dt.timedelta(days=30), NOON)
    given = known_reports(past.incidents(), NOON, None, await service.rules(station.place.district))
    assert (len(past), len(given.reports)) == (2, 1)


async def test_a_template_and_no_sample_outside_the_demo(station: Station) -> None:
    """The template comes as CSV and xlsx and is read as it is; made-up exports are for demo districts only."""
    for kind in ("csv", "xlsx"):
        answer = await station.officer.get("/api/incidents/template", params={"kind": kind})
        assert answer.status_code == 200
        seen = await station.given(answer.content, f"template.{kind}")
        assert (seen["preview"]["missing"], seen["preview"]["row_count"]) == ([], 0)
        tried = await station.tried(seen["id"])
        refused = await station.confirm(tried)
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    answer = await station.officer.get("/api/incidents/sample", params={"area_id": station.place.district.id})
    assert answer.status_code == 404
    assert len(BAD) == 6
