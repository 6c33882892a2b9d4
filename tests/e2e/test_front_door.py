"""What `make demo` promises: it prints the way in, and stopping and starting it again keeps everything."""

from pathlib import Path

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


def test_it_prints_address_and_logins(demo: LexunServer) -> None:
    """The terminal shows where to go and as whom."""
    printed = demo.log.read_text("utf-8")
    assert demo.url in printed
    for role in ("志愿者", "民警", "平安合伙人"):
        assert role in printed
