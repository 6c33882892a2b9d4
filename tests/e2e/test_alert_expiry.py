"""The end of an alert on two phones and a server whose clock is moved on: nothing of it is left to see anywhere."""

import datetime as dt
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from playwright.sync_api import expect

from backend.core.ids import uuid7
from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.people import OLD_STREET, Neighbour, neighbours
from tests.e2e.scene import live_alert, now
from tests.integration.alerts.conftest import jpeg
from tests.support.processes import ROOT
from tests.support.server import MovableServer
from tests.support.visitor import Visitor

LASTS = dt.timedelta(hours=2)
RECALLED_MS = 45_000
"""The job that ends alerts comes round every 15 seconds."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovableServer]:
    """A district whose clock may be moved without harm to other tests."""
    if not (ROOT / "pwa" / "dist" / "index.html").exists():
        pytest.fail("pwa/dist is missing: run `make build`")
    server = MovableServer(tmp_path_factory.mktemp("movable"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _neighbours(demo: MovableServer) -> Iterator[Neighbour]:
    return neighbours(demo.url)


def on_patrol(walker: Neighbour) -> None:
    """Walking near where the alert will be, so that it reaches them."""
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    area = walker.http.ask("GET", "/api/me")["home_area"]["id"]
    patrol = {"id": str(uuid7()), "area_id": area, "started_at": now().isoformat()}
    walker.http.ask("POST", "/api/patrols", json=patrol)
    fix = {
        "id": str(uuid7()),
        "at": now().isoformat(),
        "lon": OLD_STREET[0],
        "lat": OLD_STREET[1],
        "accuracy_m": 8,
    }
    walker.http.ask("POST", f"/api/patrols/{patrol['id']}/fixes", json={"fixes": [fix]})


def test_at_its_end_an_alert_is_gone_from_every_phone(
    page_factory: PageFactory, neighbour: NewNeighbour, demo: MovableServer
) -> None:
    """One phone shows the photo when the time ends, the other opens the card a second later: both see that it is over."""
    first, second = neighbour(), neighbour()
    for walker in (first, second):
        on_patrol(walker)
    officer = Visitor(demo.url, "officer")
    alert_id = live_alert(officer, Visitor(demo.url, "approver"), jpeg((600, 400)))
    looking, late = page_factory(first, position=OLD_STREET), page_factory(second, position=OLD_STREET)
    looking.goto(f"/alerts/{alert_id}")
    looking.get_by_role("button", name="点按查看照片").click()
    photo = looking.get_by_role("img", name="协查照片")
    expect(photo).to_be_visible()
    late.goto("/messages")
    expect(late.get_by_role("main")).to_contain_text("寻人协查")

    demo.advance(LASTS + dt.timedelta(seconds=1))
    while second.http.get(f"/api/alerts/{alert_id}").status_code != HTTPStatus.GONE:
        time.sleep(0.1)
    assert second.http.get(f"/api/alerts/{alert_id}/photo").status_code == HTTPStatus.GONE
    late.goto(f"/alerts/{alert_id}")
    expect(late.get_by_role("main")).to_contain_text("这条协查已撤回")
    expect(looking.get_by_role("main")).to_contain_text("这条协查已撤回", timeout=RECALLED_MS)
    expect(photo).to_have_count(0)
    for page in (looking, late):
        expect(page.get_by_role("main")).not_to_contain_text("红色毛衣")
        kept = page.evaluate("async () => (await Promise.all((await caches.keys()).map(async (name) => "
                             "(await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()")  # fmt: skip
        assert not [url for url in kept if "/api/" in url and "/photo" in url]
        assert troubles_but(page, "410") == []
    deadline = time.monotonic() + RECALLED_MS / 1000
    while (over := officer.ask("GET", f"/api/alerts/{alert_id}"))["counts"]["purged"] < 2:
        assert time.monotonic() < deadline, over["counts"]
        time.sleep(0.5)
    assert (over["outcome"], over["has_photo"] and over["state"] == "purged") == ("expired", False)
