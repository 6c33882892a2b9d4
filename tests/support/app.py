"""HTTP clients over the real application in this process, with cookies and the CSRF echo a browser would send."""

from typing import Any

import httpx

BASE_URL = "http://testserver"
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class ApiClient(httpx.AsyncClient):
    """One person's browser: it keeps cookies and echoes the CSRF cookie in the header on unsafe methods.

    An error in the application arrives as the response that a user would get, not as an exception. Responses
    are read whole, so endless streams need a real server (tests/support/server.py).
    """

    def __init__(self, app: Any) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50_000)),
            base_url=BASE_URL,
            event_hooks={"request": [self._echo_csrf]},
        )

    async def _echo_csrf(self, request: httpx.Request) -> None:
        token = self.cookies.get("lexun_csrf")
        if request.method in UNSAFE and token and "X-CSRF-Token" not in request.headers:
            request.headers["X-CSRF-Token"] = token
