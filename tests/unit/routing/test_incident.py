"""Incident files must be read as offices export them, and every row left out must be accounted for."""

import csv
import io
import json
import pickle
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook

from routing.findings import FINDING_WORDS
from routing.geo import Bounds, from_wgs84, haversine_m
from routing.incident import ERROR_CODES, FindingCode, Incident, IncidentFile, read_incidents
from routing.person import without_persons
from routing.refused_file import refused_csv, refused_xlsx
from routing.words import IncidentFileError

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 5, 20, tzinfo=SHANGHAI)
AREA = Bounds(116.30, 39.99, 116.34, 40.02)
HEADER = "警情编号,报警时间,警情类别,经度,纬度"
GOOD = "J1,2026-06-01 21:30:00,纠纷,116.32,40.001"


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def read(path: Path, **options: object) -> IncidentFile:
    """The file, but for the note that it has no column with the source: few of these have one."""
    found = read_incidents(
        path, **{"datum": "wgs84", "time_zone": SHANGHAI, "area": AREA, "now": NOW, **options}
    )  # pyright: ignore[reportArgumentType]
    return replace(found, findings=[each for each in found.findings if each.code != "no_source_column"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """The same rows come out of every encoding that Chinese offices export."""
    file = read(write(tmp_path / "in.csv", HEADER, GOOD, encoding=encoding))
    at = datetime(2026, 6, 1, 21, 30, tzinfo=SHANGHAI)
    assert file.incidents == [Incident("J1", at, 116.32, 40.001, "纠纷")]
    assert file.findings == []
    assert file.row_count == 1


def test_xlsx(tmp_path: Path) -> None:
    """A spreadsheet with a title above the header, real dates and numbers reads like its CSV."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["警情导出（演示）"])
    sheet.append(HEADER.split(","))
    sheet.append([1001, datetime(2026, 6, 1, 21, 30), "纠纷", 116.32, 40.001])
    sheet.append([1002, datetime(2026, 6, 2, 9, 5), "纠纷", 0, 0])
    book.save(tmp_path / "in.xlsx")
    file = read(tmp_path / "in.xlsx")
    assert [(i.id, i.at, i.lon, i.lat) for i in file.incidents] == [
        ("1001", datetime(2026, 6, 1, 21, 30, tzinfo=SHANGHAI), 116.32, 40.001)
    ]
    assert [(f.line, f.code) for f in file.findings] == [(4, "zero_coordinates")]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("J2,2026-06-01 21:30,纠纷,,40.001", "missing_coordinates", "经度"),
        ("J2,2026-06-01 21:30,纠纷,116.32,", "missing_coordinates", "纬度"),
        ("J2,2026-06-01 21:30,纠纷,一百一十六度,40.001", "bad_coordinates", "经度"),
        ("J2,2026-06-01 21:30,纠纷,116.32,440.1", "bad_coordinates", "纬度"),
        ("J2,2026-06-01 21:30,纠纷,nan,40.001", "bad_coordinates", "经度"),
        ("J2,2026-06-01 21:30,纠纷,0,0.0", "zero_coordinates", "经度"),
        ("J2,2026-06-01 21:30,纠纷,40.001,116.32", "swapped_coordinates", "经度"),
        ("J2,2026-06-01 21:30,纠纷,119.32,40.001", "outside_area", "经度"),
        ("J2,2026-02-30 21:30,纠纷,116.32,40.001", "bad_time", "报警时间"),
        ("J2,昨天晚上,纠纷,116.32,40.001", "bad_time", "报警时间"),
        ("J2,,纠纷,116.32,40.001", "bad_time", "报警时间"),
        ("J2,2099-01-01 08:00,纠纷,116.32,40.001", "future_time", "报警时间"),
        ("J2,2026-06-01 21:30,,116.32,40.001", "missing_category", "警情类别"),
        (GOOD, "duplicate", "警情编号"),
        # More than one thing is wrong: the first in the fixed order is told.
        ("J2,昨天晚上,,119.32,40.001", "outside_area", "经度"),
        ("J2,2099-01-01 08:00,,116.32,40.001", "future_time", "报警时间"),
    ],
)
def test_a_bad_row_is_left_out_with_its_reason(tmp_path: Path, row: str, code: str, column: str) -> None:
    """Each kind of bad row has one code, names its line and column, and leaves the good row alone."""
    file = read(write(tmp_path / "in.csv", HEADER, GOOD, row))
    assert [i.id for i in file.incidents] == ["J1"]
    assert [(f.line, f.code, f.column) for f in file.findings] == [(3, code, column)]
    assert file.findings[0].is_error


def test_swapped_is_told_by_the_area_where_both_orders_are_on_earth(tmp_path: Path) -> None:
    """In Baltimore latitude and longitude are both below 90: only the area tells the order."""
    path = write(tmp_path / "in.csv", "t,lon,lat,cat", "2026-06-01 21:30,39.28,-76.59,Larceny")
    file = read(path, area=Bounds(-76.62, 39.25, -76.52, 39.31))
    assert [f.code for f in file.findings] == ["swapped_coordinates"]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_places_come_out_in_wgs84(tmp_path: Path, datum: str) -> None:
    """A place written in a Chinese datum is within 0.1 m of where it is."""
    lon, lat = from_wgs84(116.32, 40.001, datum)  # pyright: ignore[reportArgumentType]
    path = write(tmp_path / "in.csv", HEADER, f"J1,2026-06-01 21:30,纠纷,{float(lon):.8f},{float(lat):.8f}")
    (incident,) = read(path, datum=datum).incidents
    assert float(haversine_m(incident.lon, incident.lat, 116.32, 40.001)) < 0.1


@pytest.mark.parametrize(
    "header",
    [
        "Incident ID,Occurred At,Incident Type,Longitude,Latitude",
        "CaseNumber,IncidentDateTime,Offense,X,Y",
        "id,t,cat,lon,lat",
        "编号,案发时间,案由,经度（GCJ02）,纬度（GCJ02）",
        "警情编号,报 警 时 间,警情类别（细类）,案发地经度,案发地纬度",
    ],
)
def test_common_headers(tmp_path: Path, header: str) -> None:
    """Columns are found by the names that offices and open data use."""
    file = read(write(tmp_path / "in.csv", header, GOOD))
    assert [(i.id, i.kind, i.lon) for i in file.incidents] == [("J1", "纠纷", 116.32)]
    assert set(file.columns) == {"id", "time", "kind", "lon", "lat"}


def test_columns_given_by_hand(tmp_path: Path) -> None:
    """A mapping wins over the names, in a header that no name fits."""
    path = write(tmp_path / "in.csv", "a,b,c,d,e", GOOD)
    with pytest.raises(
        IncidentFileError, match=r"no column for lon, lat, time; its header is: a, b, c, d, e"
    ):
        read(path)
    file = read(path, columns={"time": "b", "kind": "c", "lon": "d", "lat": "e"})
    assert [(i.id, i.kind) for i in file.incidents] == [("line-2", "纠纷")]


def test_a_column_said_not_to_be_there(tmp_path: Path) -> None:
    """A field given as nothing is not taken from the column that its name fits."""
    file = read(write(tmp_path / "in.csv", HEADER, GOOD), columns={"id": "", "kind": ""})
    assert [(i.id, i.kind) for i in file.incidents] == [("line-2", "其他")]
    assert [f.code for f in file.findings] == ["no_category_column"]


def test_names_of_persons_are_no_kind(tmp_path: Path) -> None:
    """A column about persons stays unread even when someone points at it as the kind."""
    path = write(tmp_path / "in.csv", f"{HEADER},当事人类型,报警人", f"{GOOD},某某,陈某")
    for column in ("当事人类型", "报警人"):
        file = read(path, columns={"kind": column})
        assert [i.kind for i in file.incidents] == ["其他"]
        assert file.dropped_columns == ["当事人类型", "报警人"]


@pytest.mark.parametrize(
    ("columns", "said"), [({"place": "a"}, "field 'place'"), ({"lon": "经纬"}, "column '经纬'")]
)
def test_a_wrong_mapping_is_named(tmp_path: Path, columns: dict[str, str], said: str) -> None:
    """An unknown field or header of the mapping is refused with what there is."""
    with pytest.raises(IncidentFileError, match=said) as caught:
        read(write(tmp_path / "in.csv", HEADER, GOOD), columns=columns)
    assert caught.value.code == "columns_unknown"


def test_date_and_clock_in_two_columns(tmp_path: Path) -> None:
    """A day in one column and a clock in the other make one time."""
    path = write(tmp_path / "in.csv", "日期,时间,类别,经度,纬度", "2026-06-01,21:30,纠纷,116.32,40.001")
    (incident,) = read(path).incidents
    assert incident.at == datetime(2026, 6, 1, 21, 30, tzinfo=SHANGHAI)
    assert incident.clock_known


def test_day_without_clock_is_kept_as_such(tmp_path: Path) -> None:
    """A date without a time is good, but says that its clock is unknown."""
    (incident,) = read(write(tmp_path / "in.csv", HEADER, "J1,2026/6/1,纠纷,116.32,40.001")).incidents
    assert not incident.clock_known
    assert incident.at.date().isoformat() == "2026-06-01"


def test_columns_about_persons_are_dropped(tmp_path: Path) -> None:
    """Names, phones and ID numbers are told by header or by content, named in the findings, and read nowhere."""
    path = write(
        tmp_path / "in.csv",
        f"{HEADER},报警人,联系电话,备注",
        f"{GOOD},某某,13800000000,11010519491231002X",
        "J2,2026-06-01 22:30,纠纷,116.33,40.001,某某,13900000000,110105194912310021",
    )
    file = read(path)
    assert [f.column for f in file.findings if f.code == "person_column"] == ["报警人", "联系电话", "备注"]
    assert not any(f.is_error for f in file.findings)
    assert "13800000000" not in repr(file)
    assert "某某" not in repr(file)


def test_an_id_column_of_phone_numbers_is_no_id(tmp_path: Path) -> None:
    """A number that names a person is not taken as the incident's id."""
    file = read(write(tmp_path / "in.csv", HEADER, "13800000000,2026-06-01 21:30,纠纷,116.32,40.001"))
    assert [i.id for i in file.incidents] == ["line-2"]


@pytest.mark.parametrize("running_number", ["序号", "OBJECTID"])
def test_a_running_number_is_no_number_of_an_incident(tmp_path: Path, running_number: str) -> None:
    """Every export counts from one: taken as the incident's number, the next month would pass for known."""
    file = read(write(tmp_path / "in.csv", f"{running_number},报警时间,警情类别,经度,纬度", f"1{GOOD[2:]}"))
    assert [i.id for i in file.incidents] == ["line-2"]


@pytest.mark.parametrize(
    "found", ["巡逻发现", "民警发现", "工作中发现", "盘查", "ONVIEW", "Officer initiated"]
)
def test_what_patrols_found_is_marked(tmp_path: Path, found: str) -> None:
    """The source column tells the police's own findings from residents' reports."""
    path = write(tmp_path / "in.csv", f"{HEADER},警情来源", f"{GOOD},110 报警", f"J2{GOOD[2:]},{found}")
    assert [i.source for i in read(path).incidents] == ["report", "patrol"]


def test_weights(tmp_path: Path) -> None:
    """A weight column is read; one that is no weight counts 1 and is told."""
    path = write(tmp_path / "in.csv", f"{HEADER},权重", f"{GOOD},2.5", f"J2{GOOD[2:]},-1")
    file = read(path)
    assert [i.weight for i in file.incidents] == [2.5, 1.0]
    assert [(f.line, f.code, f.is_error) for f in file.findings] == [(3, "bad_weight", False)]


def test_without_a_category_column(tmp_path: Path) -> None:
    """A file with no category column is good, and says so once."""
    file = read(write(tmp_path / "in.csv", "报警时间,经度,纬度", "2026-06-01 21:30,116.32,40.001"))
    assert [i.kind for i in file.incidents] == ["其他"]
    assert [f.code for f in file.findings] == ["no_category_column"]


@pytest.mark.parametrize(("header", "told"), [(HEADER, ["no_source_column"]), (HEADER + ",警情来源", [])])
def test_without_a_source_column(tmp_path: Path, header: str, told: list[str]) -> None:
    """Where nothing says what patrols found themselves, the report says that all count as reported."""
    path = write(tmp_path / "in.csv", header, GOOD + ("" if told else ",报警"))
    found = read_incidents(path, datum="wgs84", time_zone=SHANGHAI, area=AREA, now=NOW)
    assert [(each.line, each.code, each.is_error) for each in found.findings] == [
        (0, code, False) for code in told
    ]
    assert [each.source for each in found.incidents] == ["report"]


def test_columns_of_sentences_are_not_read(tmp_path: Path) -> None:
    """What tells stories names people: the column is told, and not given back with refused rows; addresses are."""
    story = "报警人张三称昨晚把车停在楼下，今早发现电瓶不见了，怀疑是邻居所为。"
    row = "J2,2026-06-01 21:30,纠纷,0,0"
    file = read(
        write(tmp_path / "in.csv", HEADER + ",简要情况,案发地址", f"{row},{story},中山东路 123 号 5 单元")
    )
    assert [(each.column, each.code) for each in file.findings if not each.is_error] == [
        ("简要情况", "free_text_column")
    ]
    assert file.header[-1] == "案发地址" and "张三" not in repr(file)


def test_without_numbers_only_clocks_tell_duplicates(tmp_path: Path) -> None:
    """Two like incidents of one day are two; two of one minute are one."""
    rows = ["2026-06-01,纠纷,116.32,40.001"] * 2 + ["2026-06-01 21:30,纠纷,116.32,40.001"] * 2
    file = read(write(tmp_path / "in.csv", "报警时间,警情类别,经度,纬度", *rows))
    assert len(file.incidents) == 3
    assert [(f.line, f.code) for f in file.findings] == [(5, "duplicate")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "does not exist"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\x00\x01\x02\x03" * 50, "neither CSV"),
        (b"PK\x03\x04 this is no zip", "damaged"),
        ("街道,户数\n近春路,12\n".encode(), "no column for lon, lat, time"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, data: bytes | None, said: str) -> None:
    """A file that is no table is refused with its reason and a remedy, in both languages."""
    path = tmp_path / "in.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(IncidentFileError, match=said) as caught:
        read(path)
    assert caught.value.words.zh.endswith("。")
    assert caught.value.words.en.endswith(".")
    assert pickle.loads(pickle.dumps(caught.value)).words == caught.value.words


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at": datetime(2026, 6, 1)}, "time zone"),
        ({"lat": 116.0}, "not a place"),
        ({"weight": float("nan")}, "weight nan"),
    ],
)
def test_an_incident_must_be_possible(change: dict[str, object], said: str) -> None:
    """A time without a zone, a place off the earth and a weight that is none are refused by name."""
    good: dict[str, object] = {
        "id": "J1",
        "at": datetime(2026, 6, 1, tzinfo=UTC),
        "lon": 116.3,
        "lat": 40.0,
        "kind": "纠纷",
    }
    with pytest.raises(ValueError, match=said):
        Incident(**{**good, **change})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", ["dirty_export_gb18030.csv", "dirty_export.xlsx"])
def test_a_dirty_export_gets_the_expected_verdicts(shared_data: Path, name: str) -> None:
    """Every row of a dirty export has exactly the expected verdict, and good ones the expected place."""
    folder = shared_data / "incidents"
    expected = json.loads((folder / "dirty_export_expected.json").read_text(encoding="utf-8"))
    file = read(
        folder / name,
        datum=expected["datum"],
        area=Bounds(*expected["area_bbox_wgs84"]).padded(100),
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    verdicts = {f.line: f.code for f in file.findings if f.is_error}
    wrong = [
        row
        for row in expected["rows"]
        if verdicts.get(row["row"], "ok") != row["verdict"].removesuffix("_date_only")
    ]
    assert wrong == []
    good = [row for row in expected["rows"] if row["verdict"].startswith("ok")]
    for row, incident in zip(good, file.incidents, strict=True):
        assert float(haversine_m(*row["wgs84"], incident.lon, incident.lat)) < 0.2
        assert incident.clock_known == (row["verdict"] == "ok")
    assert [f.column for f in file.findings if f.code == "person_column"] == expected["person_columns"]
    assert set(Counter(verdicts.values())) == set(ERROR_CODES)


def test_geojson(tmp_path: Path) -> None:
    """Points of a FeatureCollection read like rows, counted from 2; their geometry is the place, whatever they say."""
    features = [
        feature([116.32, 40.001], 警情编号="J1", 报警时间="2026-06-01T21:30:00", 警情类别="纠纷", lon=0),
        feature(None, 警情编号="J2", 报警时间="2026-06-01T21:30:00", 警情类别="纠纷"),
        feature([0, 0], 警情编号="J3", 报警时间="2026-06-01T21:30:00", 警情类别="纠纷"),
        feature([116.321, 40.001], 警情编号="J4", 报警时间=1780320600000, 警情类别=None),
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig"):
        (tmp_path / "in.json").write_text(text, encoding)
        file = read(tmp_path / "in.json")
        at = datetime(2026, 6, 1, 21, 30, tzinfo=SHANGHAI)
        assert file.incidents == [Incident("J1", at, 116.32, 40.001, "纠纷")]
        assert [(f.line, f.code) for f in file.findings] == [
            (3, "missing_coordinates"), (4, "zero_coordinates"), (5, "missing_category"),
        ]  # fmt: skip


def feature(at: list[float] | None, **properties: object) -> dict[str, object]:
    geometry = {"type": "Point", "coordinates": at} if at else None
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pytest.mark.parametrize("text", ["{", '{"type": "Feature"}', '{"type": "FeatureCollection", "features": 3}'])
def test_json_that_is_no_collection_of_points(tmp_path: Path, text: str) -> None:
    """Any other JSON is refused as a whole, in words."""
    with pytest.raises(IncidentFileError, match="GeoJSON"):
        read(write(tmp_path / "in.geojson", text))


@pytest.mark.parametrize(
    "cells",
    [
        ["13966496171", "138 1234 5678", "+86 13912345678"],
        ["330302199001011234", "33030219900101123X"],
        ["浙C12345", "京A·F0236"],
        ["陈某", "李某某", "某某"],
        ["陈*明", "王**"],
        ["someone@example.com", "other@example.com"],
        [f"{surname}{given}" for surname in "王李张刘陈" for given in ("伟", "秀英", "建国")],
    ],
)
def test_persons_are_told_by_content(tmp_path: Path, cells: list[str]) -> None:
    """Numbers, plates, addresses and names of persons are told by what stands in the column, whatever its header."""
    rows = [f"J{n},2026-06-01 21:{n:02},纠纷,116.32,40.001,{cell}" for n, cell in enumerate(cells)]
    file = read(write(tmp_path / "in.csv", HEADER + ",栏6", *rows))
    assert file.dropped_columns == ["栏6"]
    assert len(file.incidents) == len(cells)


def test_streets_and_kinds_are_no_persons(tmp_path: Path) -> None:
    """Columns that repeat a few words or say where are kept, though the words begin like names."""
    rows = [
        f"J{n},2026-06-01 21:{n:02},{'黄赌毒' if n % 2 else '高空抛物'},116.32,40.001,{'王家村' if n % 2 else '李园'},学院路{n}号"
        for n in range(40)
    ]
    file = read(write(tmp_path / "in.csv", HEADER + ",社区,地段", *rows))
    assert file.dropped_columns == []
    assert {each.kind for each in file.incidents} == {"黄赌毒", "高空抛物"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("报警人张三称手机被盗", "报警人手机被盗"),
        ("联系人：李雷，电话 010-62345678", "联系人：，电话"),
        ("王某与李某某打架", "与 打架"),
        ("张先生来电", "来电"),
        ("浙A12345 停在门口", "停在门口"),
        ("卡号6222020200001234567", "卡号"),
        ("微信号：abc_12345 已加", "已加"),
        *(
            (kept, kept)
            for kept in (
                "司机高空抛物",
                "当事人纠纷",
                "李家村15号",
                "116.139664961715",
                "20260605203000",
                "盗窃电动车",
            )
        ),
    ],
)
def test_persons_are_cut_out_of_a_sentence(text: str, left: str) -> None:
    """Names that are told as such, and numbers of people, go; streets, kinds, places and times stay."""
    assert without_persons(text) == left


def test_numbers_of_persons_are_cut_out_of_kinds(tmp_path: Path) -> None:
    """A phone number typed into the kind is removed before anything is kept, and the row is named without it."""
    file = read(write(tmp_path / "in.csv", HEADER, "J1,2026-06-01 21:30,纠纷 13966496171,116.32,40.001"))
    assert [each.kind for each in file.incidents] == ["纠纷"]
    assert [(f.line, f.value, f.code) for f in file.findings] == [(2, "", "person_text")]


def test_a_pile_at_midnight_is_told_and_kept_out_of_shifts(tmp_path: Path) -> None:
    """When far more lie at 0:00 sharp than at other full hours, their clock counts as unknown; the others' stays."""
    rows = [f"J{n},2026-06-01 00:00:00,纠纷,116.32,40.{n:04}" for n in range(1, 31)]
    rows += [f"K{n},2026-06-01 {n % 24:02}:{n % 60:02},纠纷,116.32,40.{n:04}" for n in range(1, 101)]
    file = read(write(tmp_path / "in.csv", HEADER, *rows), area=None)
    (pile,) = file.findings
    assert (pile.code, pile.line, pile.column, pile.value, pile.rows) == (
        "midnight_pileup", 2, "报警时间", "00:00:00", 30,
    )  # fmt: skip
    assert not pile.is_error
    assert sum(each.clock_known for each in file.incidents) == 100


def test_full_hours_are_no_pile_at_midnight(tmp_path: Path) -> None:
    """Where all clocks are rounded to the hour, midnight is an hour like the others."""
    rows = [f"J{n},2026-06-{1 + n // 100:02} {n % 24:02}:00,纠纷,116.32,40.{n:04}" for n in range(1, 400)]
    file = read(write(tmp_path / "in.csv", HEADER, *rows), area=None)
    assert file.findings == []
    assert all(each.clock_known for each in file.incidents)


def test_a_pile_at_the_station_is_told_and_kept(tmp_path: Path) -> None:
    """Many kinds at one coordinate are a warning; a shop with one kind is none; nothing is left out."""
    rows = [
        f"J{n},2026-06-01 20:{n % 60:02},{('纠纷', '盗窃', '求助')[n % 3]},116.32,40.001" for n in range(60)
    ]
    rows += [f"S{n},2026-06-02 20:{n % 60:02},盗窃,116.33,40.002" for n in range(60)]
    rows += [f"K{n},2026-06-03 20:{n % 60:02},纠纷,116.3{n:03},40.003" for n in range(200)]
    file = read(write(tmp_path / "in.csv", HEADER, *rows))
    piles = [f for f in file.findings if f.code == "station_pileup"]
    assert [(f.line, f.value, f.rows) for f in piles] == [(2, "116.32000, 40.00100", 60)]
    assert len(file.incidents) == 320


def test_refused_rows_come_back_with_their_reason(tmp_path: Path) -> None:
    """The file of refused rows reads in Excel, names line and reason, holds no person, runs no formula, and once
    corrected imports: the same header fits."""
    lines = [
        HEADER + ",报警人,备注",
        GOOD + ",某某,",
        "J2,昨天,纠纷,116.32,40.001,某某,=1+2",
        "J3,2026-06-02 20:00,纠纷,0,0,某某,电 13966496171",
        "J4,2026-06-02 20:00,纠纷,-1,,某某,",
    ]
    file = read(write(tmp_path / "in.csv", *lines))
    data = refused_csv(file)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [(row["行号"], row["原因代码"]) for row in rows] == [
        ("3", "bad_time"), ("4", "zero_coordinates"), ("5", "missing_coordinates"),
    ]  # fmt: skip
    assert [row["备注"] for row in rows] == ["'=1+2", "电", ""]
    assert rows[2]["经度"] == "-1"
    assert "报警人" not in rows[0]
    assert "13966496171" not in data.decode("utf-8-sig")
    (tmp_path / "again.csv").write_bytes(data.replace("昨天".encode(), b"2026-06-01 20:00"))
    again = read(tmp_path / "again.csv")
    assert [each.id for each in again.incidents] == ["J2"]


def test_refused_rows_as_a_spreadsheet(tmp_path: Path) -> None:
    """The spreadsheet holds the same text; nothing in it is a formula, and what no sheet can hold is left out."""
    file = read(
        write(
            tmp_path / "in.csv",
            HEADER + ",备注",
            "007,昨天,纠纷,116.32,40.001,=1+2",
            "J3,\x01早,纠纷,116.32,40.001,",
        )
    )
    (tmp_path / "out.xlsx").write_bytes(refused_xlsx(file))
    sheet = load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert [cell.data_type for cell in sheet[2]] == ["s"] * 10
    assert [cell.value for cell in sheet[2]][:7] == ["007", "昨天", "纠纷", "116.32", "40.001", "=1+2", "2"]
    assert sheet["B3"].value == "早"


@pytest.mark.parametrize(("name", "said"), [("", "a folder"), ("/dev/null", "a device")])
def test_what_is_no_file_is_called_what_it_is(tmp_path: Path, name: str, said: str) -> None:
    """A folder or a device in the place of a file is not said to be missing."""
    with pytest.raises(IncidentFileError, match=said) as caught:
        read(tmp_path / name)
    assert caught.value.code == "incidents_no_file"


def test_every_code_has_words() -> None:
    """Each code of a finding is explained in both languages."""
    assert set(FINDING_WORDS) == set(get_args(FindingCode.__value__))
    assert all(words.zh and words.en for words in FINDING_WORDS.values())


def test_progress_rises_to_one(tmp_path: Path) -> None:
    """Whoever asks is told the share done, never less than before, and 1 at the end."""
    told: list[float] = []
    read(write(tmp_path / "in.csv", HEADER, GOOD), on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
