"""A push service on this machine, for a real browser and a real sender.

Browsers speak the autopush websocket protocol to `websocket_url` (hello, register, notification, ack); senders POST
encrypted messages to the https endpoints it hands out (RFC 8030, VAPID by RFC 8292), which it checks as strictly as
a public service: TTL, encoding, size, signature, audience, expiry and the key the subscription was made with.
"""

import asyncio
import base64
import datetime as dt
import json
import secrets
import ssl
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from tests.support.processes import free_port

BODY_BYTES_MAX = 4096
VAPID_LIFETIME_MAX_S = 24 * 3600
HOST = "localhost"


@dataclass
class Subscription:
    """One channel a browser registered, and the application key it may be used with."""

    token: str
    channel_id: str
    browser_id: str
    application_key: str | None


@dataclass
class Posted:
    """One accepted message: the headers that matter and the size of its encrypted body."""

    token: str
    headers: dict[str, str]
    body_bytes: int
    acknowledged: bool = False


@dataclass
class _Waiting:
    """A message for a browser that is not connected; one with the same topic takes its place."""

    topic: str | None
    frame: dict[str, Any]


class Refusal(Exception):
    """Why a POST is refused, as an HTTP status and a sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass
class _State:
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    browsers: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    waiting: dict[str, list[_Waiting]] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


class PushService:
    """The service, running in a thread of its own until `close`; `folder` gets its certificate."""

    def __init__(self, folder: Path) -> None:
        self._state = _State()
        self._websocket_port = free_port()
        self._https_port = free_port()
        self.certificate, key = certificate_for(folder)
        """Its certificate: a sender trusts it through SSL_CERT_FILE."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate, key)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(),), daemon=True
        )
        self._thread.start()
        if not self._started.wait(10):
            raise RuntimeError("the push service did not start within 10 s")

    @property
    def websocket_url(self) -> str:
        """What Firefox's dom.push.serverURL is set to."""
        return f"ws://{HOST}:{self._websocket_port}/"

    @property
    def origin(self) -> str:
        """The origin of its endpoints, which is the audience that senders must sign for."""
        return f"https://{HOST}:{self._https_port}"

    @property
    def posted(self) -> list[Posted]:
        """The messages accepted so far, oldest first."""
        return list(self._state.posted.values())

    @property
    def refused(self) -> list[str]:
        """The reasons given for refused messages, oldest first."""
        return list(self._state.refused)

    def close(self) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        browsers = web.Application()
        browsers.router.add_get("/", self._browser)
        senders = web.Application(client_max_size=1 << 20)
        senders.router.add_post("/push/{token}", self._post)
        runners = [web.AppRunner(part, shutdown_timeout=1) for part in (browsers, senders)]
        for runner, port, tls in zip(
            runners, (self._websocket_port, self._https_port), (None, self._tls), strict=True
        ):
            await runner.setup()
            await web.TCPSite(runner, HOST, port, ssl_context=tls).start()
        self._started.set()
        await self._stopping.wait()
        for runner in runners:
            await runner.cleanup()

    async def _browser(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("push-notification",))
        await socket.prepare(request)
        browser_id = ""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            match frame.get("messageType"):
                case "hello":
                    browser_id = frame.get("uaid") or uuid.uuid4().hex
                    await self._hello(socket, browser_id)
                case "register":
                    await socket.send_json(self._register(browser_id, frame))
                case "unregister":
                    self._unregister(frame["channelID"])
                    await socket.send_json({**frame, "status": 200})
                case "ack":
                    for update in frame.get("updates", []):
                        if update["version"] in self._state.posted:
                            self._state.posted[update["version"]].acknowledged = True
                case None | "ping":
                    await socket.send_str("{}")
        self._state.browsers.pop(browser_id, None)
        return socket

    async def _hello(self, socket: web.WebSocketResponse, browser_id: str) -> None:
        self._state.browsers[browser_id] = socket
        await socket.send_json(
            {"messageType": "hello", "uaid": browser_id, "status": 200, "use_webpush": True, "broadcasts": {}}
        )
        for waiting in self._state.waiting.pop(browser_id, []):
            await socket.send_json(waiting.frame)

    def _register(self, browser_id: str, frame: dict[str, Any]) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        subscription = Subscription(token, frame["channelID"], browser_id, frame.get("key"))
        self._state.subscriptions[token] = subscription
        return {
            "messageType": "register",
            "channelID": subscription.channel_id,
            "status": 200,
            "pushEndpoint": f"{self.origin}/push/{token}",
        }

    def _unregister(self, channel_id: str) -> None:
        for token, subscription in list(self._state.subscriptions.items()):
            if subscription.channel_id == channel_id:
                del self._state.subscriptions[token]

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            subscription = self._check(request, body)
        except Refusal as refusal:
            self._state.refused.append(f"{refusal.status} {refusal.reason}")
            return web.json_response(
                {"code": refusal.status, "message": refusal.reason}, status=refusal.status
            )
        version = uuid.uuid4().hex
        noted = {
            name: request.headers[name] for name in ("TTL", "Urgency", "Topic") if name in request.headers
        }
        self._state.posted[version] = Posted(subscription.token, noted, len(body))
        frame = {
            "messageType": "notification",
            "channelID": subscription.channel_id,
            "version": version,
            "data": base64.urlsafe_b64encode(body).rstrip(b"=").decode(),
            "headers": {"encoding": request.headers["Content-Encoding"]},
            "ttl": int(request.headers["TTL"]),
        }
        await self._deliver(subscription, frame, noted.get("Topic"))
        location = {"Location": f"{self.origin}/message/{version}", "TTL": request.headers["TTL"]}
        return web.Response(status=201, headers=location)

    async def _deliver(self, subscription: Subscription, frame: dict[str, Any], topic: str | None) -> None:
        socket = self._state.browsers.get(subscription.browser_id)
        if socket is not None:
            await socket.send_json(frame)
        elif frame["ttl"] > 0:
            queue = self._state.waiting.setdefault(subscription.browser_id, [])
            queue[:] = [waiting for waiting in queue if topic is None or waiting.topic != topic]
            queue.append(_Waiting(topic, frame))

    def _check(self, request: web.Request, body: bytes) -> Subscription:
        subscription = self._state.subscriptions.get(request.match_info["token"])
        if subscription is None:
            raise Refusal(410, "no such subscription")
        if not request.headers.get("TTL", "").isdigit():
            raise Refusal(400, "TTL is missing or not a number of seconds")
        if request.headers.get("Content-Encoding") != "aes128gcm":
            raise Refusal(415, "Content-Encoding is not aes128gcm")
        if len(body) > BODY_BYTES_MAX:
            raise Refusal(413, f"the body has {len(body)} bytes, more than {BODY_BYTES_MAX}")
        if subscription.application_key is not None:
            _check_vapid(request.headers.get("Authorization", ""), subscription.application_key, self.origin)
        return subscription


def _check_vapid(authorization: str, application_key: str, audience: str) -> None:
    """Refuse with 401 or 403 unless the header is a valid VAPID signature by the subscription's key for us."""
    scheme, _, parameters = authorization.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in parameters.split(","))
    if scheme.lower() != "vapid" or not {"t", "k"} <= set(parts):
        raise Refusal(401, "Authorization is not 'vapid t=…, k=…'")
    if _decoded(parts["k"]) != _decoded(application_key):
        raise Refusal(403, "signed with another key than the subscription's")
    signed, _, signature = parts["t"].rpartition(".")
    raw = _decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(parts["k"]))
    try:
        key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Refusal(401, "the VAPID signature is wrong") from None
    claims = json.loads(_decoded(signed.split(".")[1]))
    if claims.get("aud") != audience:
        raise Refusal(401, f"the audience is {claims.get('aud')}, not {audience}")
    if not time.time() < claims.get("exp", 0) <= time.time() + VAPID_LIFETIME_MAX_S:
        raise Refusal(401, "exp has passed or is more than 24 h ahead")
    if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
        raise Refusal(401, "sub is neither mailto: nor https:")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def certificate_for(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost of its own making, valid for a day, and its key: the files of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "push-service.pem", folder / "push-service.key"
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path
