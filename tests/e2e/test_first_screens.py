"""Each role's first screen comes up, on the phone and at the desk, in both languages, without a single error."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PageFactory, troubles_but
from tests.support.server import LexunServer
from tests.support.visitor import Visitor

ROLES = ("volunteer", "leader", "officer", "approver", "poster", "merchant", "admin")


def test_every_login_card_is_tried(demo: LexunServer) -> None:
    """The roles below are all there are on the demo's first page."""
    assert [card["key"] for card in Visitor(demo.url).ask("GET", "/api/demo/logins")] == list(ROLES)


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
@pytest.mark.parametrize("login", ROLES)
def test_first_screen(page_factory: PageFactory, login: str, desk: bool) -> None:
    """Signed in, the person sees a screen with content; nothing is logged as an error and nothing sticks out sideways."""
    page = page_factory(login, desk=desk)
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"\w.{20,}", re.DOTALL))
    expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
    assert troubles_but(page) == []
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0


@pytest.mark.parametrize(("locale", "word"), [("zh-CN", "志愿者"), ("en-GB", "Volunteer")])
def test_way_in(page_factory: PageFactory, locale: str, word: str) -> None:
    """Nobody signed in is shown the ways in, in the browser's language; one tap on a demo card signs in."""
    page = page_factory(locale=locale)
    page.goto("/")
    card = page.get_by_role("button").filter(has_text=word).first
    card.click()
    card.wait_for(state="hidden")
    assert page.request.get("/api/session").json()["user"] is not None


def test_where_everybody_walked(page_factory: PageFactory) -> None:
    """A volunteer finds the squares that patrols crossed, on the map and in words, with what is left out."""
    phone = page_factory("volunteer")
    phone.goto("/patrol")
    phone.get_by_role("link", name="大家走过的地方").click()
    expect(phone.get_by_text(re.compile("至少 5 次巡逻"))).to_be_visible()
    expect(phone.get_by_text(re.compile("家附近 150 米内都不计"))).to_be_visible()
    assert troubles_but(phone) == []
