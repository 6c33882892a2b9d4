"""`lexun demo --remove` leaves nothing of the demo, and never touches what is not the demo's."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.areas.models import Area
from backend.cli import main
from backend.core.db import close_database
from backend.core.db.connection import SQLITE_FILE
from backend.settings import Settings
from tests.support.district import make_district


def remove(settings: Settings) -> Result:
    """Run the command over this test's database."""
    own = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
    return CliRunner().invoke(main, ["demo", "--remove"], prog_name="lexun", env=own)


def is_there(path: Path) -> bool:
    """Whether a file or folder is."""
    return path.exists()


@pytest.fixture
def folder(settings: Settings, engine: str) -> Path:
    """The data folder; a demo on PostgreSQL is dropped with its database (below)."""
    if engine == "postgres":
        pytest.skip("only SQLite keeps its database in the data folder")
    (settings.data_dir / "media").mkdir(exist_ok=True)
    (settings.data_dir / "media" / "photo.webp").write_bytes(b"x")
    return settings.data_dir


async def test_nothing_of_the_demo_is_left(database: Settings, folder: Path) -> None:
    """While a server has it open it stays; then database, maps and photos go together; again there is nothing to do."""
    await make_district()
    await Area.all().update(demo=True)
    served = remove(database)
    assert (served.exit_code, await Area.all().count()) == (2, 5) and "stop it" in served.stderr
    await close_database()
    assert remove(database).exit_code == 0
    assert not is_there(folder)
    again = remove(database)
    assert again.exit_code == 0 and "no demo data" in again.stdout


async def test_a_real_district_is_never_removed(database: Settings, folder: Path) -> None:
    """One real area beside the demo is enough to delete nothing."""
    await make_district()
    await Area.filter(kind="district").update(demo=True)
    await close_database()
    refused = remove(database)
    assert refused.exit_code == 2 and "no demo" in refused.stderr
    assert is_there(folder / SQLITE_FILE)


async def test_a_database_elsewhere_is_named(database: Settings, engine: str) -> None:
    """On PostgreSQL the command says what to drop, and deletes nothing."""
    if engine == "sqlite":
        pytest.skip("SQLite is removed (above)")
    await make_district()
    refused = remove(database)
    assert refused.exit_code == 2 and "drop that database" in refused.stderr
    assert await Area.all().count() == 5
