"""The push service used by the other tests is one a real Firefox and a real sender accept, and it is strict."""

import functools
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from tests.support.firefox import Firefox
from tests.support.push_service import PushService

pytestmark = pytest.mark.push

SITE = Path(__file__).parent / "site"
type Send = Callable[..., Any]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The origin of a page with nothing but a service worker."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
    server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def key() -> Vapid02:
    """The sender's key pair."""
    made = Vapid02()
    made.generate_keys()
    return made


@pytest.fixture(scope="module")
def subscription(firefox: Firefox, site: str, key: Vapid02) -> dict[str, Any]:
    """What Firefox gave the page for subscribing with the sender's public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    firefox.allow_notifications(site)
    firefox.open(site)
    return firefox.run(
        """
        const registration = await navigator.serviceWorker.register('/sw.js')
        await navigator.serviceWorker.ready
        const options = { userVisibleOnly: true, applicationServerKey: new Uint8Array(args[0]) }
        return (await registration.pushManager.subscribe(options)).toJSON()
        """,
        list(point),
    )


@pytest.fixture(scope="module")
def send(subscription: dict[str, Any], key: Vapid02, push_service: PushService) -> Send:
    """Encrypts, signs and posts one message to the subscription."""
    session = requests.Session()
    session.verify = str(push_service.certificate)
    session.trust_env = False

    def post(message: str, **changes: Any) -> Any:
        values: dict[str, Any] = {
            "subscription_info": subscription,
            "data": message,
            "vapid_private_key": key,
            "vapid_claims": {"sub": "mailto:duty@lexun.invalid"},
            "ttl": 600,
            "requests_session": session,
        }
        return webpush(**{**values, **changes})

    return post


def test_firefox_decrypts_what_was_sent(firefox: Firefox, send: Send, push_service: PushService) -> None:
    """A message posted to the endpoint arrives, decrypted, in the page's service worker, and Firefox acknowledges it."""
    message = {"title": "走失人员", "body": "红色上衣，向东走", "number": 7}
    assert send(json.dumps(message, ensure_ascii=False), headers={"Urgency": "high"}).status_code == 201
    shown = firefox.run(
        """
        const registration = await navigator.serviceWorker.ready
        for (let tries = 0; tries < 300; tries++) {
          const notes = await registration.getNotifications()
          if (notes.length > 0) return notes.map(note => [note.title, note.body, note.data])
          await new Promise(resolve => setTimeout(resolve, 50))
        }
        return []
        """
    )
    assert shown == [["走失人员", "红色上衣，向东走", message]]
    assert push_service.posted[-1].headers == {"TTL": "600", "Urgency": "high"}
    deadline = time.monotonic() + 10
    while not push_service.posted[-1].acknowledged and time.monotonic() < deadline:
        time.sleep(0.05)
    assert push_service.posted[-1].acknowledged


def test_a_foreign_key_is_refused(send: Send) -> None:
    """A message signed with another key than the subscription was made with is refused."""
    other = Vapid02()
    other.generate_keys()
    with pytest.raises(WebPushException) as refusal:
        send("x", vapid_private_key=other)
    assert refusal.value.response.status_code == 403


def test_a_message_that_is_too_long_is_refused(send: Send) -> None:
    """A body of more than 4,096 bytes is refused with 413."""
    with pytest.raises(WebPushException) as refusal:
        send("x" * 4000)
    assert refusal.value.response.status_code == 413


def test_an_unknown_subscription_is_gone(send: Send, subscription: dict[str, Any]) -> None:
    """An endpoint the service never gave out answers 410, by which senders know to delete it."""
    with pytest.raises(WebPushException) as refusal:
        send("x", subscription_info={**subscription, "endpoint": subscription["endpoint"] + "x"})
    assert refusal.value.response.status_code == 410
