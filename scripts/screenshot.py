"""Make docs/screenshot.png anew: the desk and three phone screens of a running demo, side by side.

Usage: python scripts/screenshot.py http://127.0.0.1:8000

Signs in with the demo's one-tap logins; one open patrol is grabbed and started for the picture of the walk.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.browser import LAUNCH_ARGUMENTS, chromium_path  # noqa: E402

OUT = ROOT / "docs" / "screenshot.png"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 844}
GAP = 16
GROUND = "#cfd5d1"
BYTES_MAX = 600_000
LOOK_MS = 4_000


def main() -> int:
    """Take the pictures and write the file."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=LAUNCH_ARGUMENTS)
        pictures = [desk(browser, sys.argv[1]), *phones(browser, sys.argv[1])]
        browser.close()
    sheet = Image.new(
        "RGB", (sum(each.width + GAP for each in pictures) + GAP, DESK["height"] + 2 * GAP), GROUND
    )
    left = GAP
    for picture in pictures:
        sheet.paste(picture, (left, GAP))
        left += picture.width + GAP
    small = sheet.resize((sheet.width // 2 * 4 // 3, sheet.height // 2 * 4 // 3), Image.Resampling.LANCZOS)
    small.quantize(128).save(OUT, optimize=True)
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size // 1000} kB")
    return 0 if OUT.stat().st_size <= BYTES_MAX else 1


def desk(browser: Browser, url: str) -> Image.Image:
    """Tonight at the desk, in the dark."""
    page = signed_in(browser, url, "officer", DESK, dark=True)
    page.goto("/desk")
    return look(page)


def phones(browser: Browser, url: str) -> list[Image.Image]:
    """The tasks nearby, the brief of one, and the walk."""
    page = signed_in(browser, url, "leader", PHONE)
    page.goto("/")
    pictures = [look(page)]
    page.get_by_text("抢单").first.click()
    pictures.append(look(page))
    page.get_by_role("button", name="抢单").last.click()
    page.wait_for_timeout(LOOK_MS)
    page.goto("/patrol")
    page.get_by_role("button", name="出发", exact=True).first.click()
    agree = page.get_by_role("button", name="同意", exact=True)
    agree.or_(page.get_by_role("button", name="结束")).first.wait_for()
    if agree.is_visible():
        agree.click()
    page.get_by_role("button", name="结束").wait_for()
    pictures.append(look(page))
    return pictures


def signed_in(browser: Browser, url: str, login: str, size: dict[str, int], *, dark: bool = False) -> Page:
    """A page in a profile of its own, signed in as a person of the demo, standing in the old town."""
    context: BrowserContext = browser.new_context(
        base_url=url,
        viewport=size,  # type: ignore[arg-type]
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if dark else "light",
        permissions=["geolocation"],
        geolocation={"longitude": 122.6085, "latitude": 27.4905},
    )
    context.request.get("/api/session")
    token = next(cookie["value"] for cookie in context.cookies() if cookie.get("name") == "lexun_csrf")
    answer = context.request.post("/api/demo/login", data={"key": login}, headers={"X-CSRF-Token": token})
    if not answer.ok:
        raise SystemExit(f"{url} is no running demo: {answer.text()}")
    return context.new_page()


def look(page: Page) -> Image.Image:
    """The page once its map is drawn."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(LOOK_MS)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
