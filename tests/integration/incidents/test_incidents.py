"""Incidents of a district: imported once, read back as planning needs them, and the command that does it."""

import asyncio
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backend.areas import service as areas
from backend.incidents import service
from backend.incidents.cli import BadInput, import_into
from backend.incidents.models import Incident as StoredIncident
from backend.settings import Settings
from routing.incident import Incident
from tests.support.commands import run_lexun
from tests.support.district import CENTER, make_district

pytestmark = pytest.mark.usefixtures("database")
AT = dt.datetime(2026, 1, 5, 12, 30, tzinfo=dt.UTC)
HEADER = "警情编号,报警时间,警情类别,经度,纬度,报警人\n"


def incident(number: int, **values: object) -> Incident:
    given = {
        "id": f"J{number}", "at": AT + dt.timedelta(hours=number), "lon": CENTER[0] + 0.0001 * number, "lat": CENTER[1],
        "kind": "盗窃",
    }  # fmt: skip
    return Incident(**{**given, **values})  # type: ignore[arg-type]


async def test_importing_twice_adds_nothing() -> None:
    """The same incidents again, alone or among new ones, are known; what was kept stays as it was."""
    place = await make_district()
    first = [incident(number) for number in range(1_200)]
    report = await service.import_incidents(place.district, first, "june.csv")
    assert (report.given, report.added, report.known) == (1_200, 1_200, 0)
    again = await service.import_incidents(place.district, [*first[:700], incident(5_000)], "july.csv")
    assert (again.added, again.known) == (1, 700)
    assert await service.count(place.district.id) == 1_201
    assert await StoredIncident.filter(batch="june.csv").count() == 1_200


async def test_without_a_number_time_place_and_kind_tell_them_apart() -> None:
    """A file without numbers imported twice, in another order, adds nothing; two equal rows are two incidents."""
    place = await make_district()
    rows = [
        incident(1, id="line-2"),
        incident(1, id="line-3"),
        incident(2, id="line-4"),
        incident(2, id="line-5", kind="纠纷"),
    ]
    assert (await service.import_incidents(place.district, rows)).added == 4
    shuffled = [
        incident(2, id="line-2", kind="纠纷"),
        incident(2, id="line-3"),
        incident(1, id="line-4"),
        incident(1, id="line-5"),
    ]
    assert (await service.import_incidents(place.district, shuffled)).added == 0


async def test_two_offences_of_one_case_are_both_kept() -> None:
    """Rows of one number that tell different things are all there, however long the number; again, in whichever order,
    they add and change nothing."""
    place = await make_district()
    rows = [
        incident(1),
        incident(1, kind="纠纷"),
        incident(2, id="J" * 130),
        incident(2, id="J" * 130, kind="纠纷"),
    ]
    assert (await service.import_incidents(place.district, rows)).added == 4
    assert (await service.import_incidents(place.district, rows[::-1])).known == 4
    assert {each.kind for each in await service.incidents_for(place.district, AT)} == {"盗窃", "纠纷"}


async def test_districts_are_apart() -> None:
    """The same number in two districts is two incidents, and neither reads the other's."""
    one, two = await make_district(), await make_district("other", center=(121.7, 28.0))
    await service.import_incidents(one.district, [incident(1)])
    assert (await service.import_incidents(two.communities[0], [incident(1)])).added == 1
    assert len(await service.incidents_for(one.district, AT)) == 1
    assert len(await service.incidents_for(two.district, AT)) == 1
    assert await service.as_of(one.district) == AT + dt.timedelta(hours=1)


async def test_what_was_imported_is_read_back() -> None:
    """Times, places, weights and sources come back as they were, the earliest first, from `since` to before `until`."""
    place = await make_district()
    given = [
        incident(3, weight=2.5, source="patrol"),
        incident(1, clock_known=False, at=(AT + dt.timedelta(hours=1)).astimezone(ZoneInfo("Asia/Shanghai"))),
        incident(2),
    ]
    await service.import_incidents(place.district, given)
    found = await service.incidents_for(place.district, AT, AT + dt.timedelta(hours=4))
    assert found == sorted(given, key=lambda each: each.at)
    assert await service.incidents_for(
        place.district, AT + dt.timedelta(hours=2), AT + dt.timedelta(hours=3)
    ) == [given[2]]


async def test_a_community_reads_what_lies_in_it() -> None:
    """Planning for a part of a district looks at that part only."""
    place = await make_district()
    await service.import_incidents(place.district, [incident(1), incident(2, lon=CENTER[0] + 0.05)])
    assert [each.id for each in await service.incidents_for(place.communities[0], AT)] == ["J1"]


async def test_an_empty_district_has_no_date() -> None:
    """Nothing imported: no incidents, and no claim of how new they are."""
    place = await make_district()
    assert await service.as_of(place.district) is None
    assert await service.incidents_for(place.district, AT) == []
    assert (await service.import_incidents(place.district, [])).added == 0


@pytest.mark.parametrize("column", ["weight", "lon"])
async def test_the_database_refuses_what_cannot_be(column: str) -> None:
    """Negative harm and places off the earth stay out, whoever writes."""
    from tortoise.exceptions import IntegrityError

    from backend.core.db import execute

    place = await make_district()
    await service.import_incidents(place.district, [incident(1)])
    with pytest.raises(IntegrityError):
        await execute(f"UPDATE incident SET {column} = -181")


def file_with(folder: Path, rows: str) -> Path:
    file = folder / "incidents.csv"
    file.write_text(HEADER + rows, encoding="utf-8")
    return file


GOOD = f"J1,2026-01-05 20:30,盗窃,{CENTER[0]},{CENTER[1]},某某\nJ2,2026-01-06 21:00,纠纷,{CENTER[0] + 0.001},{CENTER[1]},某某\n"
BAD = f"J3,昨天,盗窃,{CENTER[0]},{CENTER[1]},某某\nJ4,2026-01-07 20:00,盗窃,110.0,30.0,某某\nJ5,2026-01-07 20:00,盗窃,,,某某\n"


async def imported(settings: Settings, *arguments: str) -> tuple[int, str]:
    """The import command in a process of its own, as an operator runs it."""
    environment = {
        "LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url,
        "LEXUN_SECRET_KEY": settings.secret_key, "LEXUN_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    done = await asyncio.to_thread(run_lexun, "incidents", "import", *arguments, environment=environment)
    return done.returncode, done.stdout + done.stderr


async def test_the_import_command(database: Settings, tmp_path: Path) -> None:
    """It says what it read, what it left out and why, and adds the rest."""
    place = await make_district()
    file = str(file_with(tmp_path, GOOD + BAD))
    code, printed = await imported(database, file, "--area", "lewan", "--datum", "wgs84")
    assert code == 0, printed
    assert "2 incidents added to lewan, 0 were there already" in printed
    for words in (
        "2 of 5 rows",
        "About persons, not read: 报警人",
        "1 x bad_time, a time that cannot be read: write it as 2026-06-05 20:30 (lines 4)",
        "1 x outside_area, outside the area: check the place and the datum (lines 5)",
        "1 x missing_coordinates, no coordinates: fill in longitude and latitude (lines 6)",
        "no_source_column, no column with the source",
    ):
        assert words in printed
    found = await service.incidents_for(place.district, AT - dt.timedelta(days=1))
    assert [(each.id, each.at) for each in found] == [
        ("J1", AT),
        ("J2", AT + dt.timedelta(hours=24, minutes=30)),
    ]


async def test_importing_a_file_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same file adds nothing; one with a corrected row says that it corrected it."""
    await make_district()
    for rows, said in (
        (GOOD, "2 incidents added to lewan, 0 were"), (GOOD, "0 incidents added to lewan, 2 were"),
        (GOOD.replace("纠纷", "打架斗殴"), "0 incidents added to lewan, 1 corrected, 1 were"),
    ):  # fmt: skip
        await import_into("lewan", file_with(tmp_path, rows), "wgs84", None)
        assert said in capsys.readouterr().out


async def test_the_boundary_of_the_area_holds(tmp_path: Path) -> None:
    """A row in the district's box, but beyond its boundary, is refused."""
    place = await make_district()
    corner = {
        "west": place.district.west,
        "south": place.district.south,
        "east": place.district.east,
        "north": place.district.north,
    }
    place.district.geometry = {
        "type": "Polygon",
        "coordinates": [[
            [corner["west"], corner["south"]], [corner["east"], corner["south"]], [corner["west"], corner["north"]],
            [corner["west"], corner["south"]],
        ]],
    }  # fmt: skip
    await place.district.save()
    rows = f"J1,2026-01-05 20:30,盗窃,{corner['east']},{corner['north']},某某\n"
    with pytest.raises(BadInput, match="nothing was imported"):
        await import_into("lewan", file_with(tmp_path, rows), "wgs84", None)


async def test_the_import_command_refuses(database: Settings, tmp_path: Path) -> None:
    """An unknown area, a missing file and a file without a usable row are one clear line; the command ends with 2."""
    await make_district()
    file = file_with(tmp_path, BAD)
    for area, given, words in (
        ("nowhere", file, "there is no area 'nowhere'"), ("lewan", tmp_path / "none.csv", "none.csv"),
        ("lewan", file, "nothing was imported"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            await import_into(area, given, "wgs84", None)
    code, printed = await imported(database, str(file), "--area", "nowhere", "--datum", "wgs84")
    assert (code, "Traceback" in printed) == (2, False)
    assert "there is no area 'nowhere'" in printed
    assert await StoredIncident.all().count() == 0


async def test_the_area_of_a_community_means_its_district(database: Settings) -> None:
    """Incidents belong to the district, whichever part of it is named."""
    place = await make_district()
    await service.import_incidents(place.communities[1], [incident(1)])
    stored = await StoredIncident.all().first()
    assert stored is not None and stored.area_id == place.district.id
    assert await areas.by_path("lewan") == place.district
