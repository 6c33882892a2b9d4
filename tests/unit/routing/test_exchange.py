"""Plans as files: each format gives back what was written; what is wrong is named by row, field and remedy."""

import datetime as dt
import io
import json
from collections.abc import Callable

import gpxpy
import pytest
from geojson_pydantic import FeatureCollection
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from routing.exchange import FileStop, FileTeam, PlanFile, PlanFileError, shifted
from routing.exchange_geojson import from_geojson, to_geojson
from routing.exchange_gpx import from_gpx, to_gpx
from routing.exchange_xlsx import from_xlsx, to_xlsx
from routing.profiles import PROFILES
from routing.words import Words

ZONE = dt.timezone(dt.timedelta(hours=8))
BEGIN = dt.datetime(2026, 6, 5, 20, 0, tzinfo=ZONE)
LINE = ((120.6994, 28.0012), (120.7, 28.002), (120.7011, 27.9998))
FORMATS: dict[str, tuple[Callable[[PlanFile], bytes], Callable[[bytes], PlanFile]]] = {
    "geojson": (to_geojson, from_geojson),
    "gpx": (to_gpx, from_gpx),
    "xlsx": (to_xlsx, from_xlsx),
}


def evening() -> PlanFile:
    """Two teams: one that walks two stops from a place to another, one slow with a locked stop named like a formula."""
    stops = (
        FileStop(120.7000001, 28.002, 725, BEGIN + dt.timedelta(seconds=301), "榕桥路", "Rongqiao Rd", 87.5, Words("周五晚多发", "Busy on Fridays"), False, "h1"),
        FileStop(120.7011, 27.9998, 600, BEGIN + dt.timedelta(seconds=1501), "<石坊> & 街", "", 12.0, Words("", ""), False, "own-2"),
    )  # fmt: skip
    held = FileStop(
        120.7, 28.0, 900, BEGIN + dt.timedelta(minutes=9), "=1+1", "", 55.5, Words("", ""), True, "h3"
    )
    done = BEGIN + dt.timedelta(minutes=80)
    return PlanFile(
        BEGIN,
        BEGIN + dt.timedelta(hours=3),
        (
            FileTeam(1, "foot", 90, LINE[0], LINE[2], stops, Words("", ""), BEGIN, done, 1234.5, 1500, LINE),
            FileTeam(
                2, "slow", 60, LINE[0], LINE[0], (held,), Words("", ""), BEGIN, done, 800.0, 900, LINE[:2]
            ),
        ),
    )


def told(plan: PlanFile) -> list[object]:
    """What a file must give back; lines and lengths are found anew."""
    return [
        plan.starts_at,
        plan.ends_at,
        *((team.number, team.profile, team.minutes, team.start, team.end, team.stops) for team in plan.teams),
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_written_is_read_back(name: str) -> None:
    """To the second and the last digit, in every format."""
    write, read = FORMATS[name]
    assert told(read(write(evening()))) == told(evening())


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40).map(
    str.strip
)
PLACE = st.tuples(st.integers(-1_790_000_000, 1_790_000_000), st.integers(-850_000_000, 850_000_000)).map(
    lambda each: (each[0] / 1e7, each[1] / 1e7)
)


@st.composite
def evenings(draw: st.DrawFn) -> PlanFile:
    """Any plan that the desk could hold: one to three teams of up to four stops, whatever they are called."""
    teams: list[FileTeam] = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        at, stops = BEGIN, list[FileStop]()
        for order in range(draw(st.integers(1, 4))):
            at += dt.timedelta(seconds=draw(st.integers(0, 1200)))
            dwell_s = draw(st.integers(60, 3600))
            lon, lat = draw(PLACE)
            reason = Words(draw(TEXT), draw(TEXT))
            score = draw(st.integers(0, 1000)) / 10
            stops.append(
                FileStop(
                    lon,
                    lat,
                    dwell_s,
                    at,
                    draw(TEXT),
                    draw(TEXT),
                    score,
                    reason,
                    draw(st.booleans()),
                    f"{number}-{order}",
                )
            )
            at += dt.timedelta(seconds=dwell_s)
        start, end = draw(PLACE), draw(PLACE)
        profile, minutes = draw(st.sampled_from(sorted(PROFILES))), draw(st.integers(20, 240))
        teams.append(
            FileTeam(
                number,
                profile,
                minutes,
                start,
                end,
                tuple(stops),
                Words("", ""),
                BEGIN,
                at,
                900.0,
                800,
                (start, end),
            )
        )
    return PlanFile(BEGIN, BEGIN + dt.timedelta(hours=draw(st.integers(1, 12))), tuple(teams))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25, deadline=None)
@given(plan=evenings())
def test_whatever_was_written_is_read_back(name: str, plan: PlanFile) -> None:
    """Formulas, brackets, spaces inside, any script, any place: each format gives back exactly the plan."""
    write, read = FORMATS[name]
    assert told(read(write(plan))) == told(plan)


def test_other_programs_can_read_them() -> None:
    """The GeoJSON is RFC 7946, the GPX has a track along the streets, no cell of the workbook is a formula."""
    collection = FeatureCollection.model_validate_json(to_geojson(evening()))
    assert [feature.geometry.type for feature in collection.features if feature.geometry] == [
        "LineString", "Point", "Point", "LineString", "Point",
    ]  # fmt: skip
    gpx = gpxpy.parse(to_gpx(evening()).decode())
    assert [(place.longitude, place.latitude) for place in gpx.tracks[0].segments[0].points] == list(LINE)
    book = load_workbook(io.BytesIO(to_xlsx(evening())))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)


def test_every_fault_is_named_with_row_field_and_remedy() -> None:
    """All of them at once, in both languages; nothing is guessed."""
    collection = json.loads(to_geojson(evening()))
    first, second = collection["features"][1], collection["features"][2]
    first["geometry"]["coordinates"] = [220.7, 28.0]
    first["properties"]["dwell_min"] = "long"
    second["properties"]["team"] = 1.5
    second["properties"]["arrive"] = "20:25"
    collection["features"][3]["properties"]["profile"] = "rocket"
    with pytest.raises(PlanFileError) as caught:
        from_geojson(json.dumps(collection).encode())
    found = [(fault.row.en, fault.field, fault.value) for fault in caught.value.faults]
    assert sorted(found) == sorted([
        ("feature 2", "lon", "220.7"),
        ("feature 2", "dwell_min", "long"),
        ("feature 3", "team", "1.5"),
        ("feature 3", "arrive", "20:25"),
        ("feature 4", "profile", "rocket"),
    ])  # fmt: skip
    for fault in caught.value.faults:
        assert fault.row.zh in fault.words.zh and fault.remedy.zh in fault.words.zh
        assert fault.field in fault.words.en and fault.remedy.en in fault.words.en


def test_a_workbook_filled_in_by_hand_is_read() -> None:
    """Chinese headings alone, one sheet, no times: a team begins where its first stop is; a bad cell is named."""
    book = load_workbook(io.BytesIO(to_xlsx(evening())))
    del book["队伍 teams"]
    sheet = book["点位 stops"]
    sheet.delete_rows(2, 3)
    for column, heading in enumerate(("队号", "经度", "纬度", "停留分钟", "点位"), start=1):
        sheet.cell(1, column, heading)
    for column in range(6, sheet.max_column + 1):
        sheet.cell(1, column).value = None
    sheet.append((3, 120.7, 28.0, 12, "桥头"))
    data = io.BytesIO()
    book.save(data)
    plan = from_xlsx(data.getvalue())
    assert (plan.starts_at, len(plan.teams)) == (None, 1)
    team = plan.teams[0]
    assert (team.number, team.start, team.end, team.minutes) == (3, (120.7, 28.0), (120.7, 28.0), None)
    assert (team.stops[0].name, team.stops[0].dwell_s) == ("桥头", 720)
    sheet.append((3, "东", 28.0, 12, "桥尾"))
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(PlanFileError) as caught:
        from_xlsx(data.getvalue())
    assert [(fault.row.en, fault.field, fault.value) for fault in caught.value.faults] == [
        ("点位 stops row 3", "lon", "东")
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("data", [b"", b"\x00\x01", "你好".encode(), b"{}", b"<gpx/>", b"PK\x03\x04broken"])
def test_what_is_no_plan_is_refused_with_a_remedy(name: str, data: bytes) -> None:
    """Never an error that nobody foresaw."""
    with pytest.raises(PlanFileError) as caught:
        FORMATS[name][1](data)
    assert caught.value.faults[0].remedy.zh and caught.value.faults[0].remedy.en


def test_a_gpx_that_swells_is_refused() -> None:
    """Entities are not opened."""
    bomb = b'<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx version="1.1"><name>&a;</name></gpx>'
    with pytest.raises(PlanFileError):
        from_gpx(bomb)


def test_a_plan_is_put_on_another_evening() -> None:
    """It begins when told and is as long as it was."""
    later = BEGIN + dt.timedelta(days=3, hours=1)
    moved = shifted(evening(), later)
    assert (moved.starts_at, moved.ends_at) == (later, later + dt.timedelta(hours=3))
