"""Reads a table of what a district decided about kinds of incidents, for commands that work on files alone."""

from pathlib import Path

from routing.kinds import WEIGHT_MAX, KindRule, default_rule
from routing.table_file import read_rows
from routing.words import IncidentFileError, Words

NAMES = {
    "kind": ("kind", "category", "类别", "警情类别"),
    "weight": ("weight", "harm", "权重"),
    "counted": ("counted", "参与热点计算", "参与"),
    "private": ("private", "涉隐私"),
}
YES, NO = ("1", "yes", "true", "y", "是", "on"), ("0", "no", "false", "n", "否", "off")
DECIDED = Words("按给出的权重表，不用于热点。", "Left out by the table of kinds that was given.")


def read_harm_table(path: Path) -> dict[str, KindRule]:
    """The rules in a CSV or xlsx file with the columns kind and, where there, weight (0 to 5), counted and private (yes or
    no); what it does not say is as usual for a kind of that name. Kinds that are private by their name stay so.

    IncidentFileError, naming the line and the value, when it cannot be used.
    """
    header, *lines = read_rows(path)
    place = {
        field: next((header.cells.index(name) for name in names if name in header.cells), None)
        for field, names in NAMES.items()
    }
    if place["kind"] is None:
        raise _wrong(path, header.line, ",".join(header.cells), "没有类别列 kind", "it has no column kind")
    rules: dict[str, KindRule] = {}
    for line in lines:
        cells = {
            field: line.cells[at] if at is not None and at < len(line.cells) else ""
            for field, at in place.items()
        }
        rules[cells["kind"]] = _rule(path, line.line, cells)
    return rules


def _rule(path: Path, line: int, cells: dict[str, str]) -> KindRule:
    usual = default_rule(cells["kind"])
    private = usual.private or _answer(path, line, cells["private"], usual.private)
    counted = _answer(path, line, cells["counted"], usual.counted) and not private
    return KindRule(_weight(path, line, cells["weight"]), counted, private, usual.why or DECIDED)


def _weight(path: Path, line: int, text: str) -> float:
    try:
        weight = float(text or 1)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= WEIGHT_MAX:
        raise _wrong(
            path, line, text, f"权重应在 0 到 {WEIGHT_MAX:g} 之间", f"a weight is 0 to {WEIGHT_MAX:g}"
        )
    return weight


def _answer(path: Path, line: int, text: str, usual: bool) -> bool:
    if not text:
        return usual
    if text.lower() not in (*YES, *NO):
        raise _wrong(path, line, text, "请写“是”或“否”", "write yes or no")
    return text.lower() in YES


def _wrong(path: Path, line: int, value: str, zh: str, en: str) -> IncidentFileError:
    words = Words(
        zh=f"权重表 {path} 第 {line} 行 {value[:80]}：{zh}。",
        en=f"table of kinds {path} line {line}: {value[:80]!r}: {en}.",
    )
    return IncidentFileError("harm_table", words, field="kinds", value=value[:80])
