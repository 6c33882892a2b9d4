"""One person's HTTP session with a running server, for tests that act for somebody who has no browser of their own."""

from typing import Any

import httpx

from tests.support.app import UNSAFE


class Visitor(httpx.Client):
    """Keeps cookies and echoes the CSRF cookie; with a demo login's key it is signed in as that person."""

    def __init__(self, url: str, login: str | None = None) -> None:
        super().__init__(base_url=url, event_hooks={"request": [self._echo_csrf]}, timeout=30)
        self.ask("GET", "/api/session")
        if login is not None:
            self.ask("POST", "/api/demo/login", json={"key": login})

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send a request that must succeed; its JSON, or None where there is no body."""
        answer = self.request(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _echo_csrf(self, request: httpx.Request) -> None:
        token = self.cookies.get("lexun_csrf")
        if request.method in UNSAFE and token:
            request.headers["X-CSRF-Token"] = token
