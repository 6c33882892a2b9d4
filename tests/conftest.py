"""Fixtures every test may use: a fresh migrated database on the engine under test, the application, a movable clock.

LEXUN_TEST_ENGINE chooses the engine, sqlite (the default) or postgres: one engine a process, because the ORM's
statement cache does not tell dialects apart.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.support.app import ApiClient, application_over, started
from tests.support.postgres import PostgresServer
from tests.support.processes import ROOT
from tests.support.redis import RedisServer

if TYPE_CHECKING:
    from litestar import Litestar

    from backend.settings import Settings

ENGINES = ("sqlite", "postgres")
SQLITE_FILE = "lexun.sqlite3"

for _name in [
    name for name in os.environ if name.startswith("LEXUN_") and not name.startswith("LEXUN_TEST_")
]:
    del os.environ[_name]  # a developer's own settings must not decide how a test ends
os.environ.pop(
    "PYTHONDONTWRITEBYTECODE", None
)  # the processes that tests start share what the first compiled


# A busy machine makes no test wrong: neither a slow example nor slow making of examples fails one.
hypothesis.settings.register_profile(
    "lexun", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("lexun")


def pytest_report_header() -> str:
    """Say which engine this run is about."""
    return f"engine: {_engine()}"


def _engine() -> str:
    chosen = os.environ.get("LEXUN_TEST_ENGINE", "sqlite")
    if chosen not in ENGINES:
        raise pytest.UsageError(f"LEXUN_TEST_ENGINE is {chosen!r}: use one of {', '.join(ENGINES)}")
    return chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out the integration tests that have nothing to do with the engine: they ran on SQLite."""
    if _engine() == "sqlite":
        return
    doubled = [item for item in items if _is_integration(item) and "engine" not in item.fixturenames]  # type: ignore[attr-defined]
    config.hook.pytest_deselected(items=doubled)
    items[:] = [item for item in items if item not in set(doubled)]


def _is_integration(item: pytest.Item) -> bool:
    return item.path.relative_to(ROOT).parts[1] in ("integration", "concurrency")


@pytest.fixture(scope="session")
def engine() -> str:
    """The engine under test: "sqlite" or "postgres"."""
    return _engine()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started when the first test asks for it."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis, started when the first test asks for it."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of the session's Redis."""
    return redis_server.url()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real streets and incidents beside the project; tests that need it are skipped without it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here")
    return folder


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy from."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(data_dir=folder)
    return folder / SQLITE_FILE


@pytest.fixture
def database_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The LEXUN_DATABASE_URL of a fresh migrated database of this test's own; on SQLite "" (in `data_dir`)."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)
    if engine == "sqlite":
        shutil.copy(request.getfixturevalue("_migrated_sqlite"), data_dir / SQLITE_FILE)
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_migrated(lambda url: _migrate(database_url=url, data_dir=data_dir))
    yield server.url(name)
    server.drop(name)


def _migrate(**values: Any) -> None:
    from backend.core.db import close_database, init_database
    from backend.core.db.migrate import migrate

    async def work() -> None:
        await init_database(_settings(**values))
        try:
            await migrate()
        finally:
            await close_database()

    # A loop of its own, which leaves the test's loop as it was.
    asyncio.run(work(), loop_factory=asyncio.new_event_loop)


def _settings(**values: Any) -> "Settings":
    from backend.settings import load_settings

    return load_settings({}, **values)


@pytest.fixture
def make_settings(database_url: str, tmp_path: Path) -> "Callable[..., Settings]":
    """Settings over this test's database and data folder, with the given ones on top; no worker unless asked for."""

    def make(**values: Any) -> "Settings":
        base = {
            "data_dir": tmp_path / "data",
            "database_url": database_url,
            "worker": False,
            "log_format": "console",
        }
        return _settings(**{**base, **values})

    return make


@pytest.fixture
def settings(make_settings: "Callable[..., Settings]") -> "Settings":
    """Settings over this test's database and data folder. Override it in a module to change some for its tests."""
    return make_settings()


@pytest.fixture
async def database(settings: "Settings", request: pytest.FixtureRequest) -> "AsyncIterator[Settings]":
    """The database of `settings`, connected. With `client` or `app` in the test the application connects it."""
    if {"app", "client", "new_client"} & set(request.fixturenames):
        yield settings
        return
    from backend.core.db import close_database, init_database

    await init_database(settings)
    yield settings
    await close_database()


@pytest.fixture
async def app(settings: "Settings") -> "AsyncIterator[Litestar]":
    """The real application over `settings`, started in this test's event loop and stopped after it."""
    application = application_over(settings)
    async with started(application):
        yield application


@pytest.fixture
async def new_client(app: "Litestar") -> AsyncIterator[Callable[[], ApiClient]]:
    """Makes one more browser, with cookies of its own, over the same application."""
    async with AsyncExitStack() as opened:

        def make() -> ApiClient:
            client = ApiClient(app)
            opened.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
def client(new_client: Callable[[], ApiClient]) -> ApiClient:
    """One browser over the application, signed in as nobody."""
    return new_client()


@pytest.fixture
def clock() -> Iterator[ModuleType]:
    """`backend.core.clock`, which the test may freeze and advance; put right again afterwards."""
    from backend.core import clock as movable

    yield movable
    movable.reset()
