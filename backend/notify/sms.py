"""The last way to someone: a text message, through whatever gateway the station has.

Lexun posts each text to one address (`sms_hook_url`), signed as Standard Webhooks are; an adapter there hands it to
the operator's gateway. Without an address there is no such way, and nobody is told that there is.
"""

import aiohttp
import msgspec
from standardwebhooks import Webhook as Signer

from backend.core import clock
from backend.settings import current

TIMEOUT_S = 10.0


class NotTaken(Exception):
    """The gateway did not take the text; the job that sent it tries again."""


def ready() -> bool:
    """Whether there is a gateway."""
    return bool(current().sms_hook_url)


async def send(message_id: str, phone: str, text: str) -> None:
    """Hand one text to the gateway; `message_id` is the same at every try. Raises `NotTaken`."""
    settings = current()
    body = msgspec.json.encode({"phone": phone, "text": text}).decode()
    now = clock.now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Lexun",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(settings.sms_hook_secret).sign(message_id, now, body),
    }
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(settings.sms_hook_url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            if not 200 <= answer.status < 300:
                raise NotTaken(f"the gateway answered {answer.status}")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotTaken(f"the gateway cannot be reached: {type(error).__name__}") from error
