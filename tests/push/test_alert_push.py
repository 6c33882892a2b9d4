"""A live alert reaches a real Firefox through our own server, encryption, service worker and push service."""

import datetime as dt
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.firefox import Firefox
from tests.support.processes import ROOT
from tests.support.push_service import PushService
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

pytestmark = pytest.mark.push

COMMUNITY = "lewan/shifang/shifang"
"""Where the volunteer of the demo logins lives: those nearest to an alert get it first."""

PLACE = "石坊老街牌坊"

NOTIFICATIONS = """
const registration = await navigator.serviceWorker.ready
for (let tries = 0; tries < 400; tries++) {
  const shown = await registration.getNotifications()
  const found = shown.filter(note => note.title.includes(args[0]))
  if (found.length > 0) return shown.map(note => ({ title: note.title, body: note.body, data: note.data }))
  await new Promise(resolve => setTimeout(resolve, 50))
}
return (await registration.getNotifications()).map(note => ({ title: note.title, body: note.body, data: note.data }))
"""
"""Waits for a notification whose title holds args[0]; answers with all that are shown."""


NOTIFICATIONS_SAYING = """
const registration = await navigator.serviceWorker.ready
let found = []
for (let tries = 0; tries < 400; tries++) {
  found = (await registration.getNotifications()).filter(note => note.title.includes(args[0]))
  if (found.some(note => note.body.includes(args[1]))) break
  await new Promise(resolve => setTimeout(resolve, 50))
}
return found.map(note => ({ title: note.title, body: note.body }))
"""
"""Waits until what is shown under a title args[0] says args[1]; answers with all under that title."""

NO_MORE_OF = """
const registration = await navigator.serviceWorker.ready
let shown = []
for (let tries = 0; tries < 400; tries++) {
  shown = await registration.getNotifications()
  if (!shown.some(note => note.title.includes(args[0]))) break
  await new Promise(resolve => setTimeout(resolve, 50))
}
return shown.map(note => ({ title: note.title, body: note.body }))
"""
"""Waits until no notification's title holds args[0]; answers with what is left."""


@pytest.fixture(scope="module")
def server(push_service: PushService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LexunServer]:
    """A demo district whose server may send to, and trusts, the push service of this machine."""
    if not (ROOT / "pwa" / "dist" / "index.html").exists():
        pytest.fail("pwa/dist is missing: run `make build`")
    settings = {"LEXUN_PUSH_ALLOWED_HOSTS": "localhost", "SSL_CERT_FILE": str(push_service.certificate)}
    running = LexunServer(tmp_path_factory.mktemp("push"), settings, command=("demo",), timeout_s=240)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def volunteer(firefox: Firefox, server: LexunServer) -> Firefox:
    """Firefox with the PWA open, signed in as an on-duty volunteer and subscribed, as the app itself subscribes."""
    firefox.allow_notifications(server.url)
    firefox.open(server.url)
    firefox.run(
        """
        const csrf = () => document.cookie.match(/lexun_csrf=([^;]+)/)?.[1]
        const send = async (method, path, body) => {
          const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf() }
          const answer = await fetch(path, { method, headers, body: JSON.stringify(body) })
          if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
        }
        await fetch('/api/session')
        await send('POST', '/api/demo/login', { key: 'volunteer' })
        await send('PUT', '/api/me/duty', { on_duty: true })
        const { public_key } = await (await fetch('/api/push/key')).json()
        const padded = public_key.replace(/-/g, '+').replace(/_/g, '/')
        const registration = await navigator.serviceWorker.register('/sw.js')
        await navigator.serviceWorker.ready
        const subscription = await registration.pushManager.subscribe({
          userVisibleOnly: true,
          applicationServerKey: Uint8Array.from(atob(padded), letter => letter.charCodeAt(0)),
        })
        const { endpoint, keys } = subscription.toJSON()
        await send('POST', '/api/push/subscriptions', { endpoint, keys, device_name: 'Firefox' })
        """
    )
    return firefox


def compose_alert(officer: Visitor, headline: str, place: str) -> dict[str, Any]:
    """An officer's draft of a missing-person alert in the volunteer's own community, submitted."""
    community = next(area for area in officer.ask("GET", "/api/areas") if area["path"] == COMMUNITY)
    lon, lat = community["center"]
    now = dt.datetime.now(dt.UTC)
    draft = officer.ask(
        "POST",
        "/api/alerts",
        json={
            "id": str(uuid.uuid4()),
            "area_id": community["id"],
            "kind": "missing_person",
            "headline_zh": headline,
            "clothing_zh": "红色外套，灰色裤子",
            "last_seen_at": (now - dt.timedelta(minutes=40)).isoformat(),
            "last_seen_place": place,
            "lon": lon,
            "lat": lat,
            "radius_m": 300,
            "expires_at": (now + dt.timedelta(hours=6)).isoformat(),
            "contact_phone": "19911110003",
        },
    )
    return officer.ask("POST", f"/api/alerts/{draft['id']}/submit", json={})


ALERTS = 20


def test_every_alert_is_shown_replaced_and_taken_back(
    volunteer: Firefox, server: LexunServer, push_service: PushService
) -> None:
    """Twenty of twenty pop up, decrypted; an addition takes the place of what it adds to; a recall takes all away."""
    officer, approver = Visitor(server.url, "officer"), Visitor(server.url, "approver")
    places = [f"{PLACE}{number:02}号" for number in range(ALERTS)]
    alerts = [compose_alert(officer, "寻找走失老人", place) for place in places]
    for alert, place in zip(alerts, places, strict=True):
        approver.ask("POST", f"/api/alerts/{alert['id']}/approve", json={})
        shown = volunteer.run(NOTIFICATIONS, place)
        found = [note for note in shown if place in note["title"]]
        assert len(found) == 1, (place, shown, push_service.refused, len(push_service.posted))
        (note,) = found
        assert "红色外套" in note["body"] and note["data"]["url"] == f"/alerts/{alert['id']}"
    assert {posted.headers["Urgency"] for posted in push_service.posted} == {"high"}
    assert all(int(posted.headers["TTL"]) > 0 for posted in push_service.posted)

    officer.ask("POST", f"/api/alerts/{alerts[0]['id']}/update", json={"text_zh": "可能已到车站"})
    (note,) = volunteer.run(NOTIFICATIONS_SAYING, places[0], "可能已到车站")
    assert "红色外套" not in note["body"]

    for alert in alerts:
        approver.ask("POST", f"/api/alerts/{alert['id']}/close", json={"outcome": "found"})
    shown = volunteer.run(NO_MORE_OF, PLACE)
    assert not [note for note in shown if PLACE in note["title"]], shown
    kept = volunteer.run("return (await Promise.all((await caches.keys()).map(async name => "
                         "(await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()")  # fmt: skip
    assert not [url for url in kept if "/photo" in url or "/api/" in url]
    assert push_service.refused == []


def test_a_browser_that_gave_up_its_subscription_is_forgotten(
    volunteer: Firefox, server: LexunServer, push_service: PushService
) -> None:
    """Unsubscribed at the push service alone, the next message meets 410 and the server deletes what it had."""
    devices = "return (await (await fetch('/api/me/alert-ways')).json()).devices.length"
    assert volunteer.run(devices) == 1
    volunteer.run(
        """
        const registration = await navigator.serviceWorker.ready
        await (await registration.pushManager.getSubscription()).unsubscribe()
        """
    )
    alert = compose_alert(Visitor(server.url, "officer"), "寻找走失老人", PLACE)
    approver = Visitor(server.url, "approver")
    approver.ask("POST", f"/api/alerts/{alert['id']}/approve", json={})
    deadline = time.monotonic() + 20
    while volunteer.run(devices) != 0:
        assert time.monotonic() < deadline, push_service.refused
        time.sleep(0.2)
    assert push_service.refused == ["410 no such subscription"]
    approver.ask("POST", f"/api/alerts/{alert['id']}/close", json={"outcome": "found"})
