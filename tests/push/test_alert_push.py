"""A live alert reaches a real Firefox through our own server, encryption, service worker and push service."""

import datetime as dt
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


def compose_alert(officer: Visitor, headline: str) -> dict[str, Any]:
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
            "last_seen_place": PLACE,
            "lon": lon,
            "lat": lat,
            "radius_m": 300,
            "expires_at": (now + dt.timedelta(hours=6)).isoformat(),
            "contact_phone": "19911110003",
        },
    )
    return officer.ask("POST", f"/api/alerts/{draft['id']}/submit", json={})


def test_an_approved_alert_is_shown_and_taken_back(
    volunteer: Firefox, server: LexunServer, push_service: PushService
) -> None:
    """Approved, the alert pops up on the volunteer's Firefox; closed, its notification gives way to the recall."""
    alert = compose_alert(Visitor(server.url, "officer"), "寻找走失老人")
    approver = Visitor(server.url, "approver")
    approver.ask("POST", f"/api/alerts/{alert['id']}/approve", json={})

    shown = volunteer.run(NOTIFICATIONS, PLACE)
    assert [note for note in shown if PLACE in note["title"]], (shown, push_service.refused)
    assert push_service.posted[-1].headers["Urgency"] == "high"
    assert int(push_service.posted[-1].headers["TTL"]) > 0

    approver.ask("POST", f"/api/alerts/{alert['id']}/close", json={"outcome": "found"})
    shown = volunteer.run(NOTIFICATIONS, "撤回")
    assert [note for note in shown if "撤回" in note["title"]], shown
    assert not [note for note in shown if PLACE in note["title"]]
    assert push_service.refused == []
