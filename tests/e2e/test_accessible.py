"""Everyone can use every screen: axe-core finds nothing serious, fingers find targets, large text and small phones fit."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.conftest import DESK, PHONE, PageFactory
from tests.e2e.people import OLD_STREET, Neighbour, with_points
from tests.e2e.scene import Scene, set_scene
from tests.support.browser import NODE_FOLDER
from tests.support.server import LexunServer

AXE = NODE_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SOME_POINTS = 10
TAP_PX = 48
INLINE_TAP_PX = 44
SMALL_PHONE: ViewportSize = {"width": 320, "height": 640}

AUDIT = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations
    .filter((found) => found.impact === 'serious' || found.impact === 'critical')
    .map((found) => `${found.id}: ${found.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`);
}"""

SMALL_TARGETS = """([least, least_inline]) => {
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const small = [];
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button], [role=switch], [tabindex="0"]')) {
    const target = element.closest('label') ?? element;
    if (!shown(target) || element.matches('.skip, .seen-by-readers')) continue;
    const { width, height } = target.getBoundingClientRect();
    const inline = getComputedStyle(element).display === 'inline' || element.matches('p a');
    const needed = (inline ? least_inline : least) - 0.5;
    if (height < needed || (width < needed && !inline)) {
      small.push(`${Math.round(width)}x${Math.round(height)} ${element.outerHTML.slice(0, 140)}`);
    }
  }
  return small;
}"""

TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const scrolls = (element) => element && (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement))
    .slice(0, 5)
    .map((element) => `${Math.round(element.getBoundingClientRect().right)} > ${width}: ${element.outerHTML.slice(0, 140)}`);
}"""


@pytest.fixture(scope="module")
def scene(demo: LexunServer, _neighbours: Iterator[Neighbour]) -> Iterator[Scene]:
    """Something to see on every screen."""
    played = set_scene(demo.url, with_points(_neighbours, SOME_POINTS), next(_neighbours))
    yield played
    played.close()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("who", ["visitor", "walker", "officer", "merchant", "admin"])
def test_every_screen_is_for_everyone(page_factory: PageFactory, scene: Scene, who: str, locale: str) -> None:
    """Day and night no rule of WCAG is broken that axe-core calls serious or critical; on a phone every target is as large as a
    finger and nothing sticks out sideways, nor on the smallest phone in large text.
    """
    desk = who in {"officer", "admin"}
    page = opened(page_factory, scene, who, desk=desk, locale=locale, bypass_csp=True)
    page.add_init_script(path=AXE)
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    found: list[str] = []
    first, *others = screens_of(who, scene)
    page.goto(first)
    for screen in (first, *others):
        show(page, screen)
        for scheme in SCHEMES:
            in_scheme(page, scheme)
            found += [f"{screen} {scheme} {trouble}" for trouble in page.evaluate(AUDIT)]
        in_scheme(page, "light")
        page.set_viewport_size(PHONE)
        found += [f"{screen} {small}" for small in page.evaluate(SMALL_TARGETS, [TAP_PX, INLINE_TAP_PX])]
        found += [f"{screen} {wide}" for wide in page.evaluate(TOO_WIDE)]
        page.set_viewport_size(SMALL_PHONE)
        page.evaluate("document.documentElement.dataset.text = 'large'")
        found += [f"{screen} large {wide}" for wide in page.evaluate(TOO_WIDE)]
        page.evaluate("document.documentElement.dataset.text = 'normal'")
        page.set_viewport_size(DESK if desk else PHONE)
    assert not found, "\n" + "\n".join(found)


def opened(page_factory: Callable[..., Page], scene: Scene, who: str, **options: Any) -> Page:
    """A page of this person; the walker is the scene's, the others are the demo's."""
    login = {"visitor": None, "walker": scene.walker}.get(who, who)
    return page_factory(login, position=OLD_STREET, **options)


def screens_of(who: str, scene: Scene) -> tuple[str, ...]:
    """The paths of a person's screens."""
    return {
        "visitor": ("/login", "/join", "/shop/join", "/verify", f"/verify/{scene.certificate}"),
        "walker": scene.phone_screens,
        "officer": scene.desk_screens,
        "merchant": (
            "/shop",
            "/shop/redeem?with=code",
            "/shop/offers",
            "/shop/offers/new",
            "/shop/statements",
            f"/shop/statements/{scene.statement}",
            "/shop/staff",
            "/shop/branches",
            "/shop/details",
        ),
        "admin": (
            "/admin",
            "/admin/teams",
            "/admin/merchants",
            "/admin/statements",
            f"/admin/statements/{scene.statement}",
            "/admin/rules",
            "/admin/budgets",
            "/admin/signals",
            "/admin/fairness",
            "/admin/audit",
            "/admin/systems",
            "/desk/feedback",
            "/desk",
        ),
    }[who]


def show(page: Page, screen: str) -> None:
    """Go to a screen inside the app, as a tapped link does, and wait for its content."""
    page.locator("main h1").first.wait_for(state="attached")
    page.evaluate(
        """screen => {
          if (location.pathname + location.search === screen) return;
          for (const heading of document.querySelectorAll('main h1')) heading.dataset.former = 'true';
          history.pushState({ depth: 0 }, '', screen);
          dispatchEvent(new PopStateEvent('popstate'));
        }""",
        screen,
    )
    page.locator("main h1:not([data-former])").first.wait_for(state="attached")
    expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)


def in_scheme(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Let day or night come, and wait until it is drawn."""
    page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
    page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
