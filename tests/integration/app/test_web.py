"""The web app's files are served as a browser needs them, and nothing else of the machine is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from litestar import Litestar

from backend.settings import Settings
from backend.web import IMMUTABLE, SECURITY_HEADERS
from tests.support.app import ApiClient

SHELL = "<!doctype html><title>Lexun</title>"
STREETS = b"the district's streets"


@pytest.fixture
def web_dir(tmp_path: Path) -> Path:
    """A small built web app, with a secret beside it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(SHELL)
    (folder / "sw.js").write_text("self.skipWaiting()")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "app-abc123.js").write_text("let a = 1")
    (tmp_path / "secret.txt").write_text("SECRET")
    (folder / "outside").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def settings(make_settings: Callable[..., Settings], web_dir: Path, tmp_path: Path) -> Settings:
    """Settings with that web app and one base map."""
    maps = tmp_path / "data" / "maps"
    maps.mkdir(parents=True)
    (maps / "0a1b.pmtiles").write_bytes(b"PMTiles")
    (maps / "streets.osm.pbf").write_bytes(STREETS)
    return make_settings(web_dir=web_dir)


@pytest.mark.parametrize("path", ["/", "/desk", "/tasks/0198/map", "/me?tab=points", "/?path=/etc/passwd"])
async def test_every_address_of_the_app_opens_its_shell(client: ApiClient, path: str) -> None:
    """Deep links too; the shell is looked for anew every time."""
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, SHELL)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "kept", "media_type"),
    [
        ("/assets/app-abc123.js", IMMUTABLE, "text/javascript"),
        ("/sw.js", "no-cache", "text/javascript"),
        ("/manifest.webmanifest", "no-cache", "application/manifest+json"),
        ("/icon.svg", "no-cache", "image/svg+xml"),
        ("/maps/0a1b.pmtiles", IMMUTABLE, "application/vnd.pmtiles"),
    ],
)
async def test_files_say_how_long_they_hold(client: ApiClient, path: str, kept: str, media_type: str) -> None:
    """What has a digest in its name for ever, the rest not at all."""
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == kept
    assert answer.headers["Content-Type"].startswith(media_type)
    assert "Set-Cookie" not in answer.headers  # a shared cache would keep it


async def test_a_head_request_tells_the_same_without_the_file(client: ApiClient) -> None:
    """For the shell, an asset and a map."""
    for path in ("/", "/desk", "/assets/app-abc123.js", "/maps/0a1b.pmtiles"):
        full, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (200, b""), path
        for name in ("Content-Type", "Content-Length", "Cache-Control", "ETag"):
            assert head.headers[name] == full.headers[name], (path, name)


async def test_the_worker_may_serve_the_whole_app(client: ApiClient) -> None:
    """Its scope is the root."""
    assert (await client.get("/sw.js")).headers["Service-Worker-Allowed"] == "/"


@pytest.mark.parametrize("path", ["/", "/assets/none.js", "/api/session", "/api/none", "/healthz", "/api/me"])
async def test_every_answer_carries_the_security_headers(client: ApiClient, path: str) -> None:
    """Pages, refusals and data alike, each header once."""
    answer = await client.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value], name
    policy = answer.headers["Content-Security-Policy"]
    assert (
        "default-src 'self'" in policy
        and "script-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
    )
    assert "unsafe-eval" not in policy and "http:" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/outside",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/maps/..%2fsecret_key",
        "/maps/../secret_key",
        "/maps/streets.osm.pbf",
        "/maps/%2fetc%2fpasswd.pmtiles",
        "/%00",
        "/a%00.js",
        "/maps/%00.pmtiles",
        "/" + "a" * 5000 + ".js",
        "/maps/" + "a" * 5000 + ".pmtiles",
    ],
)
async def test_nothing_else_of_the_machine_is_served(client: ApiClient, path: str) -> None:
    """Ways out of the folder, links out of it, and names that no file can have: the shell or 404, never a file, never 500."""
    answer = await client.get(path)
    assert answer.status_code in (200, 404), answer.text
    assert answer.status_code == 404 or answer.text == SHELL
    for inside in (b"SECRET", b"root:", STREETS):
        assert inside not in answer.content


async def test_a_missing_file_is_not_the_shell(client: ApiClient) -> None:
    """An old page that asks for a script which is gone must notice."""
    for path in ("/assets/app-old.js", "/assets/none", "/favicon.ico", "/maps/none"):
        assert (await client.get(path)).status_code == 404, path


async def test_an_app_that_was_never_built_says_so(
    make_settings: Callable[..., Settings], database: Settings, tmp_path: Path
) -> None:
    """503 with the command that builds it."""
    from backend.app import create_app

    browser = ApiClient(create_app(make_settings(web_dir=tmp_path / "nothing")))
    answer = await browser.get("/desk")
    assert answer.status_code == 503 and "make build" in answer.text
    await browser.aclose()


async def test_the_application_refuses_its_own_debug_pages(app: Litestar, client: ApiClient) -> None:
    """No interactive documentation, no debug mode."""
    assert app.debug is False
    for path in ("/api/schema", "/api/schema/swagger", "/api/schema/openapi.json", "/schema"):
        answer = await client.get(path)
        assert answer.status_code == 404 or answer.text == SHELL, path
