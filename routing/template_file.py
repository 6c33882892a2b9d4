"""The empty incident file for an office that has none of its own shape: its columns, and what to write in them."""

import csv
import io
from string import ascii_uppercase

from openpyxl import Workbook

HEADER = ("警情编号", "报警时间", "警情类别", "经度", "纬度", "警情来源")
EXAMPLES = (
    ("JQ000001", "2026-06-05 20:30", "盗窃电动车", "120.699400", "28.001200", "报警"),
    ("JQ000002", "2026-06-05", "纠纷", "120.701100", "27.999800", "巡逻发现"),
)
EXPLANATIONS = (
    ("警情编号", "选填。同一编号再次导入不会重复。", "Optional. The same number imported again is not added twice."),
    ("报警时间", "必填。如 2026-06-05 20:30；只知道日期时写 2026-06-05。", "Needed. Such as 2026-06-05 20:30, or 2026-06-05 where only the day is known."),
    ("警情类别", "必填。如 盗窃电动车、纠纷、噪音扰民。", "Needed. The kind of incident, such as e-bike theft, dispute, noise."),
    ("经度", "必填。十进制度数；坐标系在导入时声明。", "Needed. Longitude in decimal degrees; the datum is declared when importing."),
    ("纬度", "必填。十进制度数。", "Needed. Latitude in decimal degrees."),
    ("警情来源", "选填。巡逻自己发现的写“巡逻发现”，它们不参与预测。", "Optional. Write 巡逻发现 (patrol) for what a patrol found itself; that never trains the forecast."),
    ("", "请不要填写姓名、电话、身份证号；导入时会被丢弃。", "No names, phone numbers or ID numbers, please: they are dropped."),
)  # fmt: skip


def template_csv() -> bytes:
    """The columns alone, as CSV in UTF-8 with the byte order mark that Excel needs."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(HEADER)
    return text.getvalue().encode("utf-8-sig")


def template_xlsx() -> bytes:
    """A spreadsheet with the columns on its first sheet, and on its second what they mean, with examples."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "警情"
    sheet.append(HEADER)
    for letter in ascii_uppercase[: len(HEADER)]:
        sheet.column_dimensions[letter].width = 20
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("说明 notes")
    for line in (("列", "说明", "explanation"), *EXPLANATIONS, (), ("例 examples",), HEADER, *EXAMPLES):
        notes.append(line)
    for letter, width in (("A", 18), ("B", 60), ("C", 80)):
        notes.column_dimensions[letter].width = width
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
