"""The life of an alert through HTTP: composed, approved, received, reported on, closed, recalled and purged."""

import datetime as dt
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from backend.alerts import publishing
from backend.alerts.models import Alert, Delivery
from backend.core import media
from backend.core.db import execute, row, rows
from backend.core.ids import uuid7
from backend.core.models import AuditEntry
from backend.core.problems import NotFound
from backend.core.roles import Role
from backend.notify.models import Message
from backend.people import service as people
from backend.people.models import Person
from tests.integration.alerts.conftest import Station, jpeg
from tests.support.app import ApiClient
from tests.support.events import listening, open_events
from tests.support.workers import run_due_jobs

type Volunteer = Callable[..., Awaitable[tuple[Person, ApiClient]]]


async def test_from_the_draft_to_the_last_copy(app: Any, station: Station, volunteer: Volunteer) -> None:
    """Two police officers and two volunteers: everything that people see, from the first word to the last trace."""
    near, phone = await volunteer()
    far, far_phone = await volunteer(community=2)
    alert_id = await station.drafted()
    assert (await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg())).json()["has_photo"]
    preview = (await station.desk.get(f"/api/alerts/{alert_id}/audience")).json()
    assert preview == {"count": 1, "nearest_m": 0, "cap": 30, "left_out": 0}
    assert (await station.desk.post(f"/api/alerts/{alert_id}/submit")).json()["state"] == "submitted"
    assert (await Message.get(user_id=station.approver.id)).kind == "review.waiting"
    async with listening(app) as address, open_events(address, phone.cookies) as events:
        await events.until_ready()
        approved = await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})
        assert approved.json()["state"] == "live"
        assert approved.json()["counts"] == {
            "audience": 1, "sent": 1, "delivered": 0, "opened": 0, "acknowledged": 0, "declined": 0, "purged": 0,
        }  # fmt: skip
        told = await events.message()
        assert (told["kind"], told["ref"]) == ("alert.live", {"kind": "alert", "id": alert_id})
        assert "红色上衣" in told["body_zh"] and "只观察、报告，不靠近、不追赶。" in told["body_zh"]
        assert "Do not approach or follow." in told["body_en"]
        assert "张某" not in str(told), "no name leaves the app"

        (card,) = (await phone.get("/api/me/alerts")).json()
        assert card["headline_zh"] == "寻找走失老人张某"
        assert card["keep_away_zh"] == "只观察、报告，不靠近、不追赶。"
        assert card["counts"] is card["timeline"] is card["composed_by"] is card["published_by_name"] is None
        assert (await far_phone.get("/api/me/alerts")).json() == []
        assert (await far_phone.get(f"/api/alerts/{alert_id}")).status_code == 404
        for kind in ("delivered", "opened"):
            receipt = {"kind": kind, "at": "2020-01-01T00:00:00Z"}
            assert (await phone.post(f"/api/alerts/{alert_id}/receipts", json=receipt)).status_code == 204

        update = await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "换了蓝色外套"})
        assert update.json()["updates"][0]["text_zh"] == "换了蓝色外套"
        assert (await events.message())["kind"] == "alert.update"
        assert (await phone.get(f"/api/alerts/{alert_id}")).json()["updates"][0]["text_zh"] == "换了蓝色外套"

        sighting = await phone.post(f"/api/alerts/{alert_id}/sightings", json=station.sighting())
        assert sighting.status_code == 201, sighting.text
        assert (await events.message())["title_zh"] == "警方已收到"
        for police in (station.officer, station.approver):
            new = await Message.get(user_id=police.id, kind="sighting.new")
            assert "第0社区" in new.title_zh and "100 米" in new.body_zh

        closed = await station.close(alert_id)
        assert (closed["state"], closed["outcome"]) == ("recalled", "found")
        assert (await events.message())["kind"] == "alert.recall"
    gone = await phone.get(f"/api/alerts/{alert_id}")
    assert (gone.status_code, gone.json()["code"]) == (410, "alert-withdrawn")
    assert (await phone.get(f"/api/alerts/{alert_id}/photo")).status_code == 410
    assert (await phone.get("/api/me/alerts")).json() == []
    inbox = (await phone.get("/api/me/messages")).json()["items"]
    assert "红色" not in str(inbox) and "蓝色" not in str(inbox)

    photo_key = (await Alert.get(id=alert_id)).photo_key
    assert photo_key is not None
    assert "alerts.purge" in await run_due_jobs("alerts.purge", "core.delete_photo_bytes")
    with pytest.raises(NotFound):
        await media.read(photo_key)
    await phone.post(
        f"/api/alerts/{alert_id}/receipts", json={"kind": "purged", "at": "2030-01-01T00:00:00Z"}
    )
    desk = (await station.desk.get(f"/api/alerts/{alert_id}")).json()
    assert (desk["state"], desk["has_photo"]) == ("purged", False)
    assert desk["counts"] == {
        "audience": 1, "sent": 1, "delivered": 1, "opened": 1, "acknowledged": 0, "declined": 0, "purged": 1,
    }  # fmt: skip
    codes = [moment["code"] for moment in desk["timeline"]]
    assert codes == [
        "composed",
        "submitted",
        "approved",
        "updated",
        "sighting",
        "closed-found",
        "recalled",
        "purged",
    ]
    assert desk["timeline"][2]["params"]["by_name"] == "审批所长"
    assert await Message.filter(user_id=far.id).count() == 0
    assert await Delivery.filter(user_id=near.id).count() == 1
    actions = (
        await AuditEntry.filter(kind="alert", object_id=alert_id)
        .order_by("position")
        .values_list("action", flat=True)
    )
    assert list(actions) == [
        "alert.draft", "alert.photo", "alert.submit", "alert.approve", "alert.update", "alert.close", "alert.recall",
        "alert.purge",
    ]  # fmt: skip


# --- who may approve ------------------------------------------------------------------------------------------------


async def refusals(alert_id: str) -> list[str]:
    found = await AuditEntry.filter(object_id=alert_id, action="alert.approve_refused").order_by("position")
    return [entry.details for entry in found]


async def test_nobody_approves_what_they_composed(station: Station, volunteer: Volunteer) -> None:
    """One person with both roles is refused by the service, on the log, and by the database itself."""
    await volunteer()
    both = await station.district.person(Role.OFFICER, Role.APPROVER, on_duty=False)
    station.desk = await station.browser(both)
    alert_id = await station.submitted()
    for browser in (station.desk, await station.browser(both)):
        answer = await browser.post(f"/api/alerts/{alert_id}/approve", json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "same-person")
    assert await refusals(alert_id) == ['{"code":"same-person"}'] * 2
    with pytest.raises(IntegrityError):
        await execute(
            "UPDATE alert SET state = 'live', approved_by = composed_by, approved_at = submitted_at,"
            " live_at = submitted_at WHERE id = ?",
            Alert(id=alert_id).id,
        )
    assert (await Alert.get(id=alert_id)).state == "submitted"
    assert await Delivery.all().count() == 0


async def test_approval_needs_a_fresh_login(station: Station, clock: ModuleType) -> None:
    """Five minutes after the password was given, it must be given again."""
    alert_id = await station.submitted()
    clock.advance(dt.timedelta(minutes=5, seconds=1))
    answer = await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication-required")
    assert await refusals(alert_id) == ['{"code":"reauthentication-required"}']
    station.chief = await station.browser(station.approver)
    assert (await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})).status_code == 200


async def test_handing_in_needs_a_fresh_login_too(station: Station, clock: ModuleType) -> None:
    """Whoever signs first is as surely there as whoever signs second."""
    alert_id = await station.drafted()
    clock.advance(dt.timedelta(minutes=5, seconds=1))
    answer = await station.desk.post(f"/api/alerts/{alert_id}/submit")
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication-required")
    station.desk = await station.browser(station.officer)
    assert (await station.desk.post(f"/api/alerts/{alert_id}/submit")).status_code == 200


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEADER, Role.POSTER, Role.OFFICER, Role.ADMIN])
async def test_no_other_role_approves(role: Role, station: Station) -> None:
    """Neither volunteers nor posters, other officers nor administrators; each try is on the log."""
    alert_id = await station.submitted()
    other = await station.browser(await station.district.person(role))
    answer = await other.post(f"/api/alerts/{alert_id}/approve", json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert await refusals(alert_id) == ['{"code":"not-allowed"}']


async def test_an_approver_of_the_next_community_is_none_here(station: Station) -> None:
    """An approver's right ends at the area it was given for."""
    alert_id = await station.submitted()
    elsewhere = await station.district.person(Role.APPROVER, at=station.district.communities[1])
    other = await station.browser(elsewhere)
    assert (await other.post(f"/api/alerts/{alert_id}/approve", json={})).status_code == 403


async def test_each_move_begins_from_its_own_state(station: Station, volunteer: Volunteer) -> None:
    """No step is skipped, repeated or taken back."""
    await volunteer()
    alert_id = await station.drafted()

    async def refused(browser: ApiClient, move: str, body: Any = None) -> str:
        answer = await browser.post(f"/api/alerts/{alert_id}/{move}", json=body or {})
        assert (answer.status_code, answer.json()["code"]) == (409, "alert-state"), answer.text
        return answer.json()["params"]["state"]

    end = {"outcome": "found"}
    assert await refused(station.chief, "approve") == "draft"
    assert await refused(station.desk, "close", end) == "draft"
    await station.desk.post(f"/api/alerts/{alert_id}/submit")
    assert await refused(station.desk, "submit") == "submitted"
    assert await refused(station.desk, "update", {"text_zh": "换了外套"}) == "submitted"
    assert (await station.desk.patch(f"/api/alerts/{alert_id}", json={"radius_m": 900})).status_code == 409
    assert (
        await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((40, 40)))
    ).status_code == 409
    await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})
    assert await refused(station.chief, "approve") == "live"
    await station.close(alert_id)
    assert await refused(station.desk, "close", end) == "recalled"
    assert await refused(station.desk, "update", {"text_zh": "换了外套"}) == "recalled"


# --- composing ------------------------------------------------------------------------------------------------------


async def test_a_draft_is_its_composers(station: Station) -> None:
    """Only the composer changes, submits or illustrates a draft; with a version, only that version."""
    alert_id = await station.drafted()
    changed = await station.desk.patch(f"/api/alerts/{alert_id}", json={"version": 1, "radius_m": 900})
    assert (changed.json()["radius_m"], changed.json()["version"]) == (900, 2)
    stale = await station.desk.patch(f"/api/alerts/{alert_id}", json={"version": 1, "radius_m": 700})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-version")
    colleague = await station.browser(await station.district.person(Role.OFFICER))
    for answer in (
        await colleague.patch(f"/api/alerts/{alert_id}", json={"radius_m": 100}),
        await colleague.post(f"/api/alerts/{alert_id}/submit"),
        await colleague.put(f"/api/alerts/{alert_id}/photo", content=jpeg((40, 40))),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not-composer")


async def test_sending_a_draft_twice_makes_one(station: Station) -> None:
    """A repeated id of the same officer is the same draft; of another it is refused."""
    draft = station.draft()
    for _ in range(2):
        assert (await station.desk.post("/api/alerts", json=draft)).json()["id"] == draft["id"]
    assert await Alert.all().count() == 1
    colleague = await station.browser(await station.district.person(Role.OFFICER))
    assert (await colleague.post("/api/alerts", json=draft)).status_code == 409


async def test_everything_wrong_is_named_at_once(station: Station) -> None:
    """Words of the chase, a time too long, a place outside: each by its field."""
    now = dt.datetime.now(dt.UTC)
    bad = station.draft(
        headline_zh="悬赏寻人",
        behaviour_zh="走路缓慢。发现请抓住。",
        expires_at=(now + dt.timedelta(hours=25)).isoformat(),
        last_seen_at=(now + dt.timedelta(hours=1)).isoformat(),
        lon=10.0,
    )
    answer = await station.desk.post("/api/alerts", json=bad)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("headline_zh", "wording"),
        ("behaviour_zh", "wording"),
        ("last_seen_at", "in-future"),
        ("expires_at", "too-late"),
        ("lon", "outside-area"),
    ]
    assert await Alert.all().count() == 0
    alert_id = await station.live()
    chase = await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "请大家围堵"})
    assert [error["field"] for error in chase.json()["errors"]] == ["text_zh"]


async def test_an_end_is_needed_and_within_a_day(station: Station) -> None:
    """Without an end there is no alert; the database refuses a longer one as well."""
    endless = {name: value for name, value in station.draft().items() if name != "expires_at"}
    answer = await station.desk.post("/api/alerts", json=endless)
    assert [error["field"] for error in answer.json()["errors"]] == ["expires_at"]
    alert = await Alert.get(id=await station.drafted())
    with pytest.raises(IntegrityError):
        await Alert.filter(id=alert.id).update(
            expires_at=alert.created_at + dt.timedelta(hours=24, minutes=1)
        )
    await Alert.filter(id=alert.id).update(expires_at=alert.created_at + dt.timedelta(hours=24))


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.POSTER, Role.APPROVER, Role.ADMIN])
async def test_only_officers_compose(role: Role, station: Station) -> None:
    """Everybody else is refused."""
    other = await station.browser(await station.district.person(role))
    assert (await other.post("/api/alerts", json=station.draft())).status_code == 403


# --- the end --------------------------------------------------------------------------------------------------------


async def test_expiry_ends_it_for_everyone(station: Station, volunteer: Volunteer, clock: ModuleType) -> None:
    """A second past its time an alert is 410 before any job has run; the job then recalls exactly its audience."""
    audience = [await volunteer() for _ in range(3)]
    outsider, _ = await volunteer(community=2)
    now = clock.now()
    alert_id = await station.live(expires_at=(now + dt.timedelta(minutes=4)).isoformat())
    sent = {delivery.user_id for delivery in await Delivery.filter(alert_id=alert_id)}
    assert sent == {person.id for person, _ in audience}
    await people.set_duty(audience[0][0].id, False)
    newcomer, _ = await volunteer()
    clock.advance(dt.timedelta(minutes=4, seconds=1))
    for _, phone in audience[1:]:
        assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 410
        assert (await phone.get(f"/api/alerts/{alert_id}/photo")).status_code == 410
        assert (await phone.get("/api/me/alerts")).json() == []
    late = await station.desk.post(f"/api/alerts/{alert_id}/update", json={"text_zh": "换了外套"})
    assert late.status_code == 409
    assert await publishing.expire_due() == 1
    assert await publishing.expire_due() == 0
    alert = await Alert.get(id=alert_id)
    assert (alert.state, alert.outcome, alert.closed_by) == ("recalled", "expired", None)
    recalled = {message.user_id for message in await Message.filter(kind="alert.recall")}
    assert recalled == sent
    assert outsider.id not in recalled and newcomer.id not in recalled


async def test_the_jobs_come_round_by_themselves(app: Any) -> None:
    """Expiry and purge are periodic."""
    from backend.core.jobs.registry import periodic_jobs

    periods = {periodic.name: periodic.period_s for periodic in periodic_jobs()}
    assert periods["alerts.expire"] == 15
    assert periods["alerts.purge"] == 60


async def test_an_alert_past_its_time_is_not_sent(
    station: Station, volunteer: Volunteer, clock: ModuleType
) -> None:
    """Neither submitted nor approved after its own end."""
    await volunteer()
    in_two_minutes = (clock.now() + dt.timedelta(minutes=2)).isoformat()
    waiting = await station.submitted(expires_at=in_two_minutes)
    drafted = await station.drafted(expires_at=in_two_minutes)
    clock.advance(dt.timedelta(minutes=2, seconds=1))
    for answer in (
        await station.chief.post(f"/api/alerts/{waiting}/approve", json={}),
        await station.desk.post(f"/api/alerts/{drafted}/submit"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "alert-expired")
    assert await Delivery.all().count() == 0


async def test_a_failing_fan_out_leaves_nothing(
    station: Station, volunteer: Volunteer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State, deliveries and messages are one transaction."""
    await volunteer()
    alert_id = await station.submitted()
    before = await Message.all().count()

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the last step of the transaction fails")

    monkeypatch.setattr(publishing.audit, "record", broken)
    assert (await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})).status_code == 500
    monkeypatch.undo()
    assert (await Alert.get(id=alert_id)).state == "submitted"
    assert await Delivery.all().count() == 0
    assert await Message.all().count() == before
    assert await row("SELECT 1 AS found FROM job WHERE name = 'notify.push'") is None


async def test_the_list_is_the_areas(station: Station) -> None:
    """The desk lists its area and what lies below it, by state and page by page."""
    first = await station.drafted()
    second = await station.submitted(area_id=str(station.district.communities[1].id))
    listed = (
        await station.desk.get("/api/alerts", params={"area_id": str(station.district.district.id)})
    ).json()
    assert [item["id"] for item in listed["items"]] == [second, first]
    query = {"area_id": str(station.district.district.id), "state": "submitted"}
    assert [item["id"] for item in (await station.desk.get("/api/alerts", params=query)).json()["items"]] == [
        second
    ]
    query = {"area_id": str(station.district.communities[0].id)}
    assert [item["id"] for item in (await station.desk.get("/api/alerts", params=query)).json()["items"]] == [
        first
    ]
    query = {"area_id": str(station.district.district.id), "before": second}
    assert [item["id"] for item in (await station.desk.get("/api/alerts", params=query)).json()["items"]] == [
        first
    ]
    assert len(await rows("SELECT id FROM alert WHERE id = ?", uuid7())) == 0
