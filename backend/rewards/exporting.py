"""Statements as files for an office: a workbook, and a PDF to print and sign.

The PDF names the standard Adobe Chinese font instead of carrying one: every reader has a face for it, and the file
stays at a few kilobytes.
"""

import datetime as dt
import io
import zoneinfo
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from backend.rewards.schemas import SettlementDetail, SettlementLineOut

FONT = "STSong-Light"
KINDS = {"redeemed": "核销 Redeemed", "undone": "撤销 Undone", "corrected": "更正 Corrected"}
STATES = {
    "frozen": "待确认 To confirm",
    "disputed": "有异议 Disputed",
    "confirmed": "已确认 Confirmed",
    "paid": "已付款 Paid",
}
DISPUTES = {"open": "有异议", "stands": "维持", "corrected": "已更正"}
HEAD = ("时间 Time", "兑换品 What", "券号 Voucher", "类型 Kind", "积分 Points", "异议 Dispute")

pdfmetrics.registerFont(UnicodeCIDFont(FONT))
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=12, wordWrap="CJK")
_TITLE = ParagraphStyle("title", parent=_TEXT, fontSize=16, leading=22, spaceAfter=4 * mm)


def _cells(line: SettlementLineOut, zone: zoneinfo.ZoneInfo) -> tuple[str, str, str, str, int, str]:
    """One line as the columns of both files."""
    dispute = ""
    if line.dispute is not None:
        dispute = f"{DISPUTES[line.dispute.state]}：{line.dispute.note}"
        if line.dispute.answer:
            dispute += f"／{line.dispute.answer}"
    at = f"{line.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return at, line.title_zh, line.voucher_end, KINDS[line.kind], line.points, dispute


def _heading(detail: SettlementDetail, zone: zoneinfo.ZoneInfo) -> list[tuple[str, str | int]]:
    """What stands above the lines."""
    settlement = detail.settlement
    ends = (settlement.ends_at - dt.timedelta(seconds=1)).astimezone(zone)
    rows: list[tuple[str, str | int]] = [
        ("商户 Merchant", f"{settlement.merchant.name_zh} {settlement.merchant.name_en}"),
        ("账期 Period", f"{settlement.starts_at.astimezone(zone):%Y-%m-%d} – {ends:%Y-%m-%d} ({zone.key})"),
        ("状态 State", STATES[settlement.state]),
        ("核销 Redeemed", settlement.redeemed),
        ("积分合计 Points in all", settlement.total),
        ("单号 Number", str(settlement.id)),
    ]
    if settlement.payment is not None:
        rows.append(("付款 Payment", settlement.payment.reference))
    return rows


def statement_xlsx(detail: SettlementDetail, time_zone: str) -> bytes:
    """The statement as a workbook; what people wrote is text, never a formula."""
    zone, book = zoneinfo.ZoneInfo(time_zone), Workbook(write_only=True)
    sheet = book.create_sheet(detail.settlement.period)
    for number, width in enumerate((22, 32, 12, 18, 12, 48)):
        sheet.column_dimensions["ABCDEF"[number]].width = width

    def cell(value: str | int, *, bold: bool = False) -> Cell:
        made = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    for name, value in _heading(detail, zone):
        sheet.append([cell(name, bold=True), cell(value)])
    sheet.append([])
    sheet.append([cell(name, bold=True) for name in HEAD])
    for line in detail.lines:
        sheet.append([cell(value) for value in _cells(line, zone)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def statement_pdf(detail: SettlementDetail, time_zone: str) -> bytes:
    """The statement on A4, with its head repeated on every page and a place to sign."""
    zone, target = zoneinfo.ZoneInfo(time_zone), io.BytesIO()
    rows = [[Paragraph(name, _TEXT) for name in HEAD]]
    for line in detail.lines:
        rows.append([Paragraph(escape(str(value)), _TEXT) for value in _cells(line, zone)])
    table = LongTable(rows, colWidths=[36 * mm, 44 * mm, 20 * mm, 28 * mm, 18 * mm, 34 * mm], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    heading = [
        Paragraph(f"{escape(name)}：{escape(str(value))}", _TEXT) for name, value in _heading(detail, zone)
    ]
    signature = Paragraph("商户签字 Merchant ____________________　　日期 Date ______________", _TEXT)
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        title=f"平安乐巡 {detail.settlement.period}",
        author="平安乐巡 Lexun",
    )
    title = Paragraph(f"平安合伙人对账单 Statement {escape(detail.settlement.period)}", _TITLE)
    document.build([title, *heading, Spacer(1, 6 * mm), table, Spacer(1, 12 * mm), signature])
    return target.getvalue()
