"""Migrating a database that people already use: what is in it stays."""

from pathlib import Path

import pytest

from backend.core.db import migrate as migrating
from backend.core.db import rows
from backend.people.models import Consent, Person
from tests.support.district import District, make_district

REBUILD = {
    "sqlite": """
CREATE TABLE consent_new (
    id CHAR(36) NOT NULL PRIMARY KEY, user_id CHAR(36) NOT NULL REFERENCES person (id),
    kind VARCHAR(20) NOT NULL CONSTRAINT consent_kind_known CHECK (kind IN ('whereabouts', 'photos', 'leaderboard')),
    version INT NOT NULL, granted INT NOT NULL, at TIMESTAMP NOT NULL
);
INSERT INTO consent_new SELECT id, user_id, kind, version, granted, at FROM consent;
DROP TABLE consent;
ALTER TABLE consent_new RENAME TO consent;
CREATE INDEX consent_user ON consent (user_id, kind, at);
""",
    "postgres": """
ALTER TABLE consent DROP CONSTRAINT consent_kind_known;
ALTER TABLE consent ADD CONSTRAINT consent_kind_known CHECK (kind IN ('whereabouts', 'photos', 'leaderboard'));
ALTER TABLE consent RENAME TO consent_was;
ALTER TABLE consent_was RENAME TO consent;
""",
}


@pytest.fixture
async def used(database: object) -> District:
    """A district with people who have answered a question."""
    district = await make_district()
    for _ in range(3):
        person = await district.volunteer()
        await Consent.create(
            id=person.id, user_id=person.id, kind="photos", version=1, granted=True, at=person.created_at
        )
    return district


def add_step(folder: Path, engine: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more step after all others."""
    (folder / engine).mkdir(exist_ok=True)
    (folder / engine / "9001_later.sql").write_text(script, "utf-8")
    monkeypatch.setitem(migrating.SERIES, "later", folder)


async def test_a_rebuilt_table_keeps_its_rows(
    used: District, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table rebuilt by the book has as many rows as before, and the new rule holds."""
    add_step(tmp_path, engine, REBUILD[engine], monkeypatch)
    assert await migrating.migrate() == ["later 9001 later"]
    assert await Consent.all().count() == 3
    assert await Person.all().count() == 3
    first = await Consent.first()
    assert first is not None
    first.kind = "leaderboard"
    await first.save()


async def test_a_step_that_loses_rows_is_rolled_back(
    used: District, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the table and both counts; nothing of the step stays, not even that it ran."""
    add_step(tmp_path, engine, "CREATE TABLE extra (id INT);\nDELETE FROM consent;\n", monkeypatch)
    with pytest.raises(migrating.MigrationError, match="consent 3 -> 0"):
        await migrating.migrate()
    assert await Consent.all().count() == 3
    assert await migrating.pending() == ["later 9001 later"]
    with pytest.raises(Exception, match="extra"):
        await rows("SELECT * FROM extra")


async def test_a_step_may_say_that_it_removes_rows(
    used: District, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written in its first line, a removal is meant."""
    add_step(tmp_path, engine, "-- removes rows: consent\nDELETE FROM consent;\n", monkeypatch)
    await migrating.migrate()
    assert await Consent.all().count() == 0
