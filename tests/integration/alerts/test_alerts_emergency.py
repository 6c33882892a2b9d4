"""One signature for a missing child or elder, drafts sent back, practice alerts, other kinds, and areas as audience."""

import datetime as dt
from collections.abc import Awaitable, Callable
from types import ModuleType

import pytest
from tortoise.exceptions import IntegrityError

from backend.alerts import emergency
from backend.alerts.models import Alert, Delivery
from backend.core.db import execute
from backend.core.models import AuditEntry
from backend.core.roles import Role
from backend.notify.models import Message
from backend.people.models import Person
from tests.integration.alerts.conftest import Station, jpeg
from tests.integration.alerts.test_alerts_reach import patrol_at
from tests.support.app import ApiClient
from tests.support.district import CENTER

type Volunteer = Callable[..., Awaitable[tuple[Person, ApiClient]]]
WHY = {"why": "孩子走失已两小时，所长在外"}


async def alone(station: Station, alert_id: str) -> dict[str, object]:
    answer = await station.desk.post(f"/api/alerts/{alert_id}/send-alone", json=WHY)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_signature_then_a_second_persons_review(station: Station, volunteer: Volunteer) -> None:
    """Out at once on the composer's word; the approvers are asked; whoever reviews is somebody else."""
    person, phone = await volunteer()
    alert_id = await station.drafted(subject="elder")
    sent = await alone(station, alert_id)
    assert sent["state"] == "live" and sent["signed_alone_at"] and sent["review_due_at"]
    assert {each.user_id for each in await Delivery.filter(alert_id=alert_id)} == {person.id}
    assert (await phone.get(f"/api/alerts/{alert_id}")).json()["signed_alone_at"] is None
    asked = await Message.get(user_id=station.approver.id)
    assert asked.kind == "review.waiting" and "30 分钟内复核" in asked.title_zh
    own = await station.desk.post(f"/api/alerts/{alert_id}/review", json={"verdict": "confirmed"})
    assert own.status_code == 403
    reviewed = await station.chief.post(f"/api/alerts/{alert_id}/review", json={"verdict": "confirmed"})
    assert reviewed.status_code == 200, reviewed.text
    codes = [moment["code"] for moment in reviewed.json()["timeline"]]
    assert codes == ["composed", "submitted", "signed-alone", "reviewed"]
    assert reviewed.json()["review_due_at"] is None
    again = await station.chief.post(f"/api/alerts/{alert_id}/review", json={"verdict": "withdrawn"})
    assert (again.status_code, again.json()["code"]) == (409, "alert-state")
    assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 200


async def test_a_reviewer_takes_it_back(station: Station, volunteer: Volunteer) -> None:
    """Withdrawn by the review, it is recalled from exactly those it was sent to."""
    person, phone = await volunteer()
    alert_id = await station.submitted(subject="child")
    await alone(station, alert_id)
    answer = await station.chief.post(
        f"/api/alerts/{alert_id}/review", json={"verdict": "withdrawn", "note": "孩子在家"}
    )
    assert (answer.json()["state"], answer.json()["outcome"]) == ("recalled", "withdrawn")
    assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 410
    assert [each.user_id for each in await Message.filter(kind="alert.recall")] == [person.id]


async def test_without_a_review_it_ends_by_itself(
    station: Station, volunteer: Volunteer, clock: ModuleType
) -> None:
    """After a quarter of an hour a reminder, after half an hour nobody sees it any more, before any job has run."""
    _, phone = await volunteer()
    alert_id = await station.drafted(subject="child")
    await alone(station, alert_id)
    clock.advance(dt.timedelta(minutes=15, seconds=1))
    assert await emergency.review_due() == 0
    assert await emergency.review_due() == 0
    assert await Message.filter(user_id=station.approver.id, kind="review.waiting").count() == 2
    clock.advance(dt.timedelta(minutes=15))
    assert (await phone.get(f"/api/alerts/{alert_id}")).status_code == 410
    assert (await phone.get("/api/me/alerts")).json() == []
    station.chief = await station.browser(station.approver)
    late = await station.chief.post(f"/api/alerts/{alert_id}/review", json={"verdict": "confirmed"})
    assert late.status_code == 409
    assert await emergency.review_due() == 1
    alert = await Alert.get(id=alert_id)
    assert (alert.state, alert.outcome, alert.approved_by) == ("recalled", "withdrawn", None)
    assert "复核" in alert.close_note


async def test_one_signature_is_for_children_and_elders_only(station: Station, clock: ModuleType) -> None:
    """Neither for adults nor for other kinds, nor with an old log-in, nor by a colleague; each try is on the log."""
    colleague = await station.browser(await station.district.person(Role.OFFICER))
    elder = await station.drafted(subject="elder")
    assert (await colleague.post(f"/api/alerts/{elder}/send-alone", json=WHY)).json()[
        "code"
    ] == "not-composer"
    for values in ({"subject": "adult"}, {}, {"kind": "person_sought"}):
        alert_id = await station.drafted(**values)
        answer = await station.desk.post(f"/api/alerts/{alert_id}/send-alone", json=WHY)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-alone")
        assert await AuditEntry.filter(object_id=alert_id, action="alert.sign_alone_refused").count() == 1
    clock.advance(dt.timedelta(minutes=6))
    stale = await station.desk.post(f"/api/alerts/{elder}/send-alone", json=WHY)
    assert stale.json()["code"] == "reauthentication-required"
    with pytest.raises(IntegrityError):
        await execute(
            "UPDATE alert SET state = 'live', live_at = created_at WHERE id = ?", Alert(id=elder).id
        )
    assert await Delivery.all().count() == 0


async def test_sent_back_with_a_reason(station: Station) -> None:
    """The composer is told why, changes it and hands it in again; nobody but an approver sends back."""
    alert_id = await station.submitted()
    reason = {"note": "请补充衣着颜色"}
    assert (await station.desk.post(f"/api/alerts/{alert_id}/send-back", json=reason)).status_code == 403
    back = await station.chief.post(f"/api/alerts/{alert_id}/send-back", json=reason)
    assert (back.json()["state"], back.json()["return_note"]) == ("draft", "请补充衣着颜色")
    told = await Message.get(user_id=station.officer.id, kind="review.returned")
    assert told.body_zh == "请补充衣着颜色"
    assert (await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})).status_code == 409
    assert (
        await station.desk.patch(f"/api/alerts/{alert_id}", json={"clothing_zh": "红棉衣"})
    ).status_code == 200
    assert (await station.desk.post(f"/api/alerts/{alert_id}/submit")).json()["return_note"] is None
    assert (await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})).json()["state"] == "live"


@pytest.mark.parametrize("kind", ["missing_person", "person_sought", "vehicle", "danger"])
async def test_a_practice_alert_of_every_kind_says_so(
    kind: str, station: Station, volunteer: Volunteer
) -> None:
    """In the card, in the message and on the desk; and every card asks to keep away."""
    person, phone = await volunteer()
    alert_id = await station.live(kind=kind, exercise=True)
    card = (await phone.get(f"/api/alerts/{alert_id}")).json()
    assert card["exercise"] and card["kind_title_zh"].startswith("【演练】")
    assert card["keep_away_zh"] == "只观察、报告，不靠近、不追赶。"
    message = await Message.get(user_id=person.id, kind="alert.live")
    assert message.title_zh.startswith("【演练】") and message.title_en.startswith("[Exercise]")
    assert "不靠近" in message.body_zh


async def test_whom_an_alert_may_be_about(station: Station) -> None:
    """A subject belongs to a missing person; a child's photo leaves the desk with a guardian's consent only."""
    wrong = await station.desk.post("/api/alerts", json=station.draft(kind="vehicle", subject="child"))
    assert [error["field"] for error in wrong.json()["errors"]] == ["subject"]
    alert_id = await station.drafted(subject="child")
    await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((300, 200)))
    for move, body in (("submit", {}), ("send-alone", WHY)):
        refused = await station.desk.post(f"/api/alerts/{alert_id}/{move}", json=body)
        assert [error["field"] for error in refused.json()["errors"]] == ["guardian_consent"]
    agreed = await station.desk.patch(f"/api/alerts/{alert_id}", json={"guardian_consent": True})
    assert agreed.json()["guardian_consent"]
    assert (await station.desk.delete(f"/api/alerts/{alert_id}/photo")).json()["has_photo"] is False
    await station.desk.put(f"/api/alerts/{alert_id}/photo", content=jpeg((300, 200)))
    assert (await station.desk.post(f"/api/alerts/{alert_id}/submit")).status_code == 200


async def test_an_area_as_audience(station: Station, volunteer: Volunteer) -> None:
    """Those at home and those walking inside the area, however far; nobody else, however near."""
    near, _ = await volunteer(community=0)
    inside, _ = await volunteer(community=2)
    walker, walkers_phone = await volunteer(community=1)
    wanted = station.district.communities[2]
    await patrol_at(station, walkers_phone, wanted.center_lon, wanted.center_lat)
    alert_id = await station.drafted(radius_m=50, audience_area_id=str(wanted.id), lon=CENTER[0])
    preview = (await station.desk.get(f"/api/alerts/{alert_id}/audience")).json()
    assert preview["count"] == 2
    await station.desk.post(f"/api/alerts/{alert_id}/submit")
    await station.chief.post(f"/api/alerts/{alert_id}/approve", json={})
    reached = {each.user_id for each in await Delivery.filter(alert_id=alert_id)}
    assert reached == {inside.id, walker.id} and near.id not in reached
    other = await station.drafted(audience_area_id=str(wanted.id))
    freed = await station.desk.patch(f"/api/alerts/{other}", json={"audience_area_id": None})
    assert freed.json()["audience_area_id"] is None


async def test_an_addition_moves_the_end(station: Station, volunteer: Volunteer, clock: ModuleType) -> None:
    """Longer with a reason, never beyond a day from the draft."""
    _, phone = await volunteer()
    alert_id = await station.live()
    begun = clock.now()
    later = (begun + dt.timedelta(hours=10)).isoformat()
    update = {"text_zh": "家属确认仍未回家，延长", "expires_at": later}
    answer = await station.desk.post(f"/api/alerts/{alert_id}/update", json=update)
    assert answer.status_code == 200, answer.text
    card = (await phone.get(f"/api/alerts/{alert_id}")).json()
    assert dt.datetime.fromisoformat(card["expires_at"]) == dt.datetime.fromisoformat(later)
    for hours in (25, -1):
        update["expires_at"] = (begun + dt.timedelta(hours=hours)).isoformat()
        refused = await station.desk.post(f"/api/alerts/{alert_id}/update", json=update)
        assert [error["field"] for error in refused.json()["errors"]] == ["expires_at"]
