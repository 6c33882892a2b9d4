"""A plan as a spreadsheet: a sheet of stops, one a row, and a sheet of teams, with headings in both languages."""

import datetime as dt
import io
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from python_calamine import CalamineError, CalamineWorkbook

from routing.exchange import PlanFile, RawPlan, RawRow, checked, unreadable
from routing.words import Words

NAME = "xlsx"
STOPS_SHEET, TEAMS_SHEET = "点位 stops", "队伍 teams"
STOP_HEADINGS = {
    "team": "队号", "order": "顺序", "name": "点位", "lon": "经度", "lat": "纬度", "arrive": "到达", "dwell_min": "停留分钟",
    "score": "分值", "reason_zh": "理由", "locked": "锁定", "name_en": "英文名", "reason_en": "英文理由", "id": "编号",
}  # fmt: skip
TEAM_HEADINGS = {
    "team": "队号", "profile": "出行方式", "minutes": "上限分钟", "start_lon": "起点经度", "start_lat": "起点纬度",
    "end_lon": "终点经度", "end_lat": "终点纬度", "starts_at": "时段开始", "ends_at": "时段结束",
    "setting_out": "出发", "finish": "收队", "length_m": "米数", "walk_min": "步行分钟",
}  # fmt: skip
CONTROL = {code: None for code in range(32) if code not in (9, 10, 13)}
ROWS_MAX = 5_000
WIDE = {
    "name": 24,
    "reason_zh": 48,
    "reason_en": 48,
    "arrive": 28,
    "starts_at": 28,
    "ends_at": 28,
    "setting_out": 28,
    "finish": 28,
}


def to_xlsx(plan: PlanFile) -> bytes:
    """The plan as a workbook; text cells are text, so that no formula runs."""
    book = Workbook(write_only=True)
    stops = [
        {
            "team": team.number, "order": order, "name": stop.name, "lon": stop.lon, "lat": stop.lat,
            "arrive": _moment(stop.arrive), "dwell_min": stop.dwell_s / 60, "score": stop.score,
            "reason_zh": stop.reason.zh, "locked": "是" if stop.locked else "", "name_en": stop.name_en,
            "reason_en": stop.reason.en, "id": stop.id,
        }
        for team in plan.teams
        for order, stop in enumerate(team.stops, start=1)
    ]  # fmt: skip
    teams = [
        {
            "team": team.number, "profile": team.profile, "minutes": team.minutes,
            "start_lon": team.start[0], "start_lat": team.start[1], "end_lon": team.end[0], "end_lat": team.end[1],
            "starts_at": _moment(plan.starts_at), "ends_at": _moment(plan.ends_at),
            "setting_out": _moment(team.setting_out), "finish": _moment(team.finish),
            "length_m": team.length_m, "walk_min": round(team.walk_s / 60, 1),
        }
        for team in plan.teams
    ]  # fmt: skip
    _sheet(book, STOPS_SHEET, STOP_HEADINGS, stops)
    _sheet(book, TEAMS_SHEET, TEAM_HEADINGS, teams)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def from_xlsx(data: bytes) -> PlanFile:
    """The plan in a workbook's stops and, where it has one, its teams. PlanFileError names each row and column.

    Headings may be Chinese, English or both. A workbook with one sheet has its stops on it.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {
            name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=ROWS_MAX)
            for name in workbook.sheet_names
        }
    except (CalamineError, OSError, ValueError) as error:
        raise unreadable(NAME, str(error)) from None
    teams = next((name for name in sheets if "teams" in name.lower() or "队" in name), None)
    stops = next((name for name in sheets if name != teams), None)
    raw = RawPlan()
    if stops is not None:
        raw.stops = _rows(stops, sheets[stops], STOP_HEADINGS | {"leave": "离开"})
    if teams is not None:
        raw.teams = _rows(teams, sheets[teams], TEAM_HEADINGS)
    return checked(raw)


def _sheet(book: Workbook, title: str, headings: dict[str, str], rows: list[dict[str, Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for index, name in enumerate(headings):
        sheet.column_dimensions[chr(ord("A") + index)].width = WIDE.get(name, 14)
    heads = [WriteOnlyCell(sheet, f"{zh} {name}") for name, zh in headings.items()]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in rows:
        cells: list[Any] = []
        for name in headings:
            value = row[name]
            if isinstance(value, str):
                value = WriteOnlyCell(sheet, value.translate(CONTROL))
                value.data_type = "s"
            cells.append(value)
        sheet.append(cells)


def _rows(sheet: str, rows: list[list[Any]], headings: dict[str, str]) -> list[RawRow]:
    """The rows under the headings that are known; a row without a cell is none."""
    if not rows:
        return []
    known = {name: name for name in headings} | {zh: name for name, zh in headings.items()}
    columns = [next((known[word] for word in str(head).split() if word in known), None) for head in rows[0]]
    found: list[RawRow] = []
    for line, cells in enumerate(rows[1:], start=2):
        texts = {name: _text(cell) for name, cell in zip(columns, cells, strict=False) if name is not None}
        if any(texts.values()):
            found.append(RawRow(Words(f"{sheet} 第 {line} 行", f"{sheet} row {line}"), texts))
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat()
    return str(cell).strip()


def _moment(at: dt.datetime | None) -> str:
    return at.isoformat() if at else ""
