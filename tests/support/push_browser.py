"""A browser's side of Web Push without a browser: it subscribes at the push service and reads what arrives."""

import asyncio
import base64
import json
import os
import uuid
from typing import Any

import aiohttp
import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def base64url(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SubscriptionKeys:
    """The key pair and the secret that one subscription's messages are sealed for."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)

    def as_json(self, endpoint: str, device_name: str = "test phone") -> dict[str, Any]:
        """The subscription as the page sends it to its server."""
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": base64url(point), "auth": base64url(self._secret)}
        return {"endpoint": endpoint, "keys": keys, "device_name": device_name}

    def private_base64url(self) -> str:
        """The private key as 32 bytes, where the pair is used as a sender's."""
        return base64url(self._private.private_numbers().private_value.to_bytes(32))

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt one message (RFC 8291) and parse it."""
        opened = http_ece.decrypt(
            body, private_key=self._private, auth_secret=self._secret, version="aes128gcm"
        )
        return json.loads(opened)


class PushBrowser:
    """One connection to the push service; use it in an `async with` block."""

    def __init__(self, websocket_url: str) -> None:
        self._url = websocket_url
        self.keys = SubscriptionKeys()
        self.endpoint = ""
        self._channel = str(uuid.uuid4())

    async def __aenter__(self) -> "PushBrowser":
        self._client = aiohttp.ClientSession()
        self._socket = await self._client.ws_connect(self._url, protocols=("push-notification",))
        await self._socket.send_json({"messageType": "hello"})
        await self._socket.receive_json()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._client.close()

    async def subscribe(self, application_key: str) -> dict[str, Any]:
        """Register a channel bound to the server's key; the subscription to send to that server."""
        await self._socket.send_json(
            {"messageType": "register", "channelID": self._channel, "key": application_key}
        )
        self.endpoint = (await self._socket.receive_json())["pushEndpoint"]
        return self.keys.as_json(self.endpoint)

    async def unsubscribe(self) -> None:
        """Give the channel up; the service answers 410 for it from now on."""
        await self._socket.send_json({"messageType": "unregister", "channelID": self._channel})
        await self._socket.receive_json()

    async def next(self, within_s: float = 10) -> dict[str, Any]:
        """The next message, decrypted."""
        async with asyncio.timeout(within_s):
            frame = await self._socket.receive_json()
        assert frame["messageType"] == "notification", frame
        return self.keys.read(base64.urlsafe_b64decode(frame["data"] + "=="))
