"""The built web app: immutable assets, a shell for every address of the app, and the base maps."""

import mimetypes
from pathlib import Path
from typing import Any

from litestar import Request, Response, route
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.response import File
from litestar.types import Message, Scope

from backend.core.problems import NotFound
from backend.settings import Settings

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")

IMMUTABLE = "public, max-age=31536000, immutable"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "script-src 'self'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), screen-wake-lock=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


READ = [HttpMethod.GET, HttpMethod.HEAD]
OPEN = {"public": True, "exclude_from_csrf": True}
"""No token is set with a file: a cache would hand one visitor's to another."""


async def add_security_headers(message: Message, _scope: Scope) -> None:
    """Put `SECURITY_HEADERS` on every answer, refusals included."""
    if message["type"] == "http.response.start":
        own = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        message["headers"] = [*message["headers"], *own]


@route(
    "/maps/{name:str}",
    http_method=READ,
    operation_id="get_basemap",
    summary="A district's vector base map, whole",
    opt=OPEN,
    include_in_schema=False,
)
async def get_basemap(name: str, state: State) -> File:
    path = _file_below((state.settings.data_dir / "maps").resolve(), name)
    if path is None or path.suffix != ".pmtiles":
        raise NotFound(kind="map", id=name)
    return File(
        path,
        media_type="application/vnd.pmtiles",
        headers={"Cache-Control": IMMUTABLE},
        content_disposition_type="inline",
    )


@route(
    ["/", "/{path:path}"],
    http_method=READ,
    operation_id="get_app",
    opt=OPEN,
    include_in_schema=False,
)
async def get_app(request: Request[Any, Any, Any], state: State) -> Response[Any] | File:
    """A file of the web app, or its shell: every address that is not the API's belongs to the app."""
    settings: Settings = state.settings
    path: str = request.scope["path"]
    root = settings.web_dir.resolve()
    found = _file_below(root, path)
    if found is not None:
        hashed = found.relative_to(root).parts[0] == "assets"
        return _file(found, IMMUTABLE if hashed else "no-cache")
    if path.split("/")[1] in ("api", "assets", "maps") or "." in path.rsplit("/", 1)[-1]:
        raise NotFound(kind="page", id=path)
    shell = root / "index.html"
    if not shell.is_file():
        return Response(
            "The web app is not built yet: run `make build`.",
            status_code=503,
            media_type="text/plain; charset=utf-8",
        )
    return _file(shell, "no-cache")


def _file_below(root: Path, path: str) -> Path | None:
    """The file that `path` names inside `root`, if there is one; never one outside, whatever the path says."""
    try:
        wanted = (root / path.lstrip("/")).resolve()
        return wanted if wanted.is_relative_to(root) and wanted.is_file() else None
    except (OSError, ValueError):  # no file can have such a name
        return None


def _file(path: Path, cache_control: str) -> File:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": cache_control}
    if path.name == "sw.js":
        headers["Service-Worker-Allowed"] = "/"
    return File(path, media_type=media_type, headers=headers, content_disposition_type="inline")


route_handlers: list[Any] = [get_basemap, get_app]
