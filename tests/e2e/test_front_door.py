"""What `make demo` promises: it prints the way in, and stopping and starting it again keeps everything."""

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import NewNeighbour, PageFactory, troubles_but
from tests.e2e.people import district_of
from tests.support.server import LexunServer
from tests.support.visitor import Visitor


def test_stopping_starting_and_killing_keeps_everything(tmp_path: Path) -> None:
    """A change that was acknowledged, and the login it was made with, outlive a stop and a kill -9; nothing is made twice."""
    server = LexunServer(tmp_path, command=("demo",), timeout_s=240)
    try:
        for login in ("volunteer", "officer", "merchant"):
            assert Visitor(server.url, login).ask("GET", "/api/session")["user"] is not None
        volunteer = Visitor(server.url, "volunteer")
        areas = volunteer.ask("GET", "/api/areas")
        district = next(area["id"] for area in areas if area["kind"] == "district")
        people = len(
            Visitor(server.url, "admin").ask("GET", "/api/people", params={"area_id": district})["items"]
        )
        for locale, end in (("en", server.stop), ("zh-CN", server.kill)):
            volunteer.ask("PATCH", "/api/me", json={"locale": locale})
            end()
            server.restart()
            assert volunteer.ask("GET", "/api/session")["user"]["locale"] == locale
        assert (
            len(Visitor(server.url, "admin").ask("GET", "/api/people", params={"area_id": district})["items"])
            == people
        )
    finally:
        server.stop()


def test_a_phone_that_is_elsewhere_plays_along(page_factory: PageFactory, neighbour: NewNeighbour) -> None:
    """The demo's town is on no map: a visitor anywhere sees its tasks, and walks its streets by simulation, told so."""
    walker = neighbour()
    walker.http.ask("PUT", "/api/me/consents/whereabouts", json={"granted": True, "version": 1})
    phone = page_factory(walker, position=(13.4, 52.5))
    phone.goto("/")
    expect(phone.get_by_role("main")).to_contain_text("你不在这座虚构的城里")
    expect(phone.get_by_role("link").filter(has_text="离我").first).to_be_visible()
    phone.goto("/patrol")
    phone.get_by_role("button", name="现在出发").click()
    expect(phone.get_by_role("main")).to_contain_text("位置由程序模拟")
    finish = phone.get_by_role("button", name="结束", exact=True)
    finish.click()
    phone.get_by_role("button", name="结束并提交").click()
    expect(phone.get_by_role("main")).to_contain_text("等待审核")
    (patrol, *_) = walker.http.ask("GET", "/api/me/patrols")["items"]
    west, south, east, north = district_of(walker.http)["bounds"]
    for line in walker.http.ask("GET", f"/api/patrols/{patrol['id']}/track")["geometry"]["coordinates"]:
        assert all(west < lon < east and south < lat < north for lon, lat in line)
    assert troubles_but(phone) == []


def test_it_prints_address_and_logins(demo: LexunServer) -> None:
    """The terminal shows where to go and as whom."""
    printed = demo.log.read_text("utf-8")
    assert demo.url in printed
    for role in ("志愿者", "民警", "平安合伙人"):
        assert role in printed
