"""Browsers for the end-to-end tests: a real Chromium against a real `lexun demo`, phone or desk sized.

The tests are written with Playwright's synchronous API. When one fails, a screenshot of each of its pages is in
test-results/.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.e2e.people import Neighbour, neighbours, with_points
from tests.support.browser import LAUNCH_ARGUMENTS, NoBrowser, chromium_path
from tests.support.processes import ROOT
from tests.support.server import DAYLIGHT, LexunServer

type PageFactory = Callable[..., Page]
type NewNeighbour = Callable[..., Neighbour]

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}
RESULTS = ROOT / "test-results"
TIMEOUT_MS = 15_000
expect.set_options(timeout=TIMEOUT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Leave word of the outcome where the fixtures can see it."""
    report = yield
    if report.when == "call":
        item.stash[_OUTCOME] = report.failed
    return report


_OUTCOME = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one the tests are skipped, saying what to install."""
    try:
        program = chromium_path()
    except NoBrowser as reason:
        pytest.skip(str(reason))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=LAUNCH_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LexunServer]:
    """`lexun demo` with a district of its own, where it is always day, shared by the whole run: a test must not rely on untouched
    data."""
    if not (ROOT / "pwa" / "dist" / "index.html").exists():
        pytest.fail("pwa/dist is missing: run `make build`")
    server = LexunServer(tmp_path_factory.mktemp("demo"), command=("demo",), timeout_s=240, program=DAYLIGHT)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _neighbours(demo: LexunServer) -> Iterator[Neighbour]:
    return neighbours(demo.url)


@pytest.fixture
def neighbour(_neighbours: Iterator[Neighbour]) -> NewNeighbour:
    """Gives a volunteer whom no other test of the run has, with at least so many points if wanted.

    `page_factory(neighbour())` is their browser.
    """
    return lambda points=0: with_points(_neighbours, points)


@pytest.fixture
def page_factory(
    browser: Browser, demo: LexunServer, request: pytest.FixtureRequest
) -> Iterator[PageFactory]:
    """Makes a page in a browser profile of its own: `page_factory("volunteer", desk=False, locale="zh-CN")`.

    With a demo login's key, or a neighbour, the person is signed in already; without one nobody is. `position` is
    (lon, lat). Each page collects what it logged as an error in `page.troubles`.
    """
    contexts: list[BrowserContext] = []

    def make(
        login: str | Neighbour | None = None,
        *,
        desk: bool = False,
        locale: str = "zh-CN",
        position: tuple[float, float] | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=demo.url,
            viewport=DESK if desk else PHONE,
            has_touch=not desk,
            is_mobile=not desk,
            locale=locale,
            timezone_id="Asia/Shanghai",
            permissions=["geolocation"] if position else [],
            geolocation={"longitude": position[0], "latitude": position[1]} if position else None,
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        if login is not None:
            sign_in(context, login)
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.troubles = troubles  # type: ignore[attr-defined]
        return page

    yield make
    if request.node.stash.get(_OUTCOME, False):
        _keep_screenshots(contexts, request.node.name)
    for context in contexts:
        context.close()


def sign_in(context: BrowserContext, login: str | Neighbour) -> None:
    """Sign this profile in: by a demo login's key, or with the session that a neighbour has already."""
    if isinstance(login, Neighbour):
        url = str(login.http.base_url)
        context.add_cookies(
            [
                {"name": cookie.name, "value": cookie.value or "", "url": url}
                for cookie in login.http.cookies.jar
            ]
        )
        return
    session = context.request.get("/api/session")
    assert session.ok, session.text()
    token = next(
        cookie.get("value", "") for cookie in context.cookies() if cookie.get("name") == "lexun_csrf"
    )
    answer = context.request.post("/api/demo/login", data={"key": login}, headers={"X-CSRF-Token": token})
    assert answer.ok, f"{login}: {answer.text()}"


def troubles_but(page: Page, *expected: str) -> list[str]:
    """What the page logged as an error, without what names one of the expected (a refusal's status, a cut network)."""
    troubles: list[str] = page.troubles  # type: ignore[attr-defined]
    return [trouble for trouble in troubles if not any(part in trouble for part in expected)]


def _keep_screenshots(contexts: list[BrowserContext], test: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages, 1):
        name = re.sub(r"[^\w-]+", "_", test)
        page.screenshot(path=RESULTS / f"{name}-{number}.png")
