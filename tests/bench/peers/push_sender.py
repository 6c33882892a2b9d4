"""Lexun's own sender, measured from inside: `python -m tests.bench.peers.push_sender FILE`, which prints JSON.

FILE has `subscriptions` (endpoint, p256dh, auth), the `payload` and the sender's `key`. CPU seconds are the process's
own while it sends; `floor_cpu_s` is the encryption alone: one key agreement, two derivations and one sealing a message.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.core import logs
from backend.notify.keys import Signatures, from_base64url
from backend.notify.models import PushKey, PushSubscription
from backend.notify.sender import Answered, Parcel, deliver
from backend.settings import load_settings


async def send(plan: dict[str, Any]) -> dict[str, Any]:
    """Everything in the plan, and when each service's last answer came."""
    signatures = Signatures(PushKey(**plan["key"]), "mailto:bench@lexun.invalid")
    payload = plan["payload"].encode()
    parcels = [
        Parcel(PushSubscription(**each), payload, 600, True, "topic") for each in plan["subscriptions"]
    ]
    results: dict[str, int] = {}
    last_s: dict[str, float] = {}

    async def note(answered: Answered) -> None:
        for number, answer in answered:
            results[answer.result] = results.get(answer.result, 0) + 1
            last_s[parcels[number].subscription.endpoint[:24]] = time.perf_counter() - began

    cpu, began = time.process_time(), time.perf_counter()
    await deliver(parcels, signatures, note)
    return {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - began,
        "results": results,
        "last_s": last_s,
    }


def floor_cpu_s(plan: dict[str, Any]) -> float:
    """The cryptography that RFC 8291 asks for, once a message, with nothing around it."""
    payload = plan["payload"].encode()
    sender = ec.generate_private_key(ec.SECP256R1())
    points = [
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(each["p256dh"]))
        for each in plan["subscriptions"]
    ]
    began = time.process_time()
    for point in points:
        secret = sender.exchange(ec.ECDH(), point)
        shared = HKDF(hashes.SHA256(), 32, b"auth" * 4, b"WebPush: info").derive(secret)
        key = HKDF(hashes.SHA256(), 16, b"salt" * 4, b"Content-Encoding: aes128gcm").derive(shared)
        AESGCM(key).encrypt(b"\0" * 12, payload, None)
    return time.process_time() - began


def main() -> None:
    """Measure on the loop that the server runs on, and print."""
    logs.configure_logs(load_settings(log_level="ERROR", data_dir=Path(os.environ["TMPDIR"])))
    plan = json.loads(Path(sys.argv[1]).read_text())
    floor = floor_cpu_s(plan)
    print(json.dumps({**uvloop.run(send(plan)), "floor_cpu_s": floor}))


if __name__ == "__main__":
    main()
