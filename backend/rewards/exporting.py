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
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

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
HEAD = ("时间 Time", "兑换品 What", "尾号 Ending", "类型 Kind", "积分 Points", "异议 Dispute")
TOTAL = "积分合计 Points in all"

pdfmetrics.registerFont(UnicodeCIDFont(FONT))
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=12, wordWrap="CJK")
_QUIET = ParagraphStyle("quiet", parent=_TEXT, textColor=colors.HexColor("#5c625f"))
_FIGURE = ParagraphStyle("figure", parent=_TEXT, alignment=TA_RIGHT)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontSize=18, leading=24, spaceAfter=5 * mm)
_COLUMNS_MM = (33, 50, 17, 25, 18, 35)
_LABEL_MM = 44
_MARGIN_MM = 16
FRAME_PADDING = 6
"""Points that ReportLab keeps free inside a page's frame, so that text and tables begin at the same edge."""


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
        (TOTAL, settlement.total),
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
    """The statement on A4, with its head repeated and its pages numbered, and a place to sign."""
    zone, target = zoneinfo.ZoneInfo(time_zone), io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=_MARGIN_MM * mm - FRAME_PADDING,
        rightMargin=_MARGIN_MM * mm - FRAME_PADDING,
        topMargin=_MARGIN_MM * mm,
        bottomMargin=_MARGIN_MM * mm,
        title=f"平安乐巡 {detail.settlement.period}",
        author="平安乐巡 Lexun",
    )
    period = escape(detail.settlement.period)
    story = [
        Paragraph(
            f"平安合伙人对账单 {period}<br/><font size=11>Statement of a partner shop, {period}</font>",
            _TITLE,
        ),
        _heading_table(_heading(detail, zone)),
        Spacer(1, 6 * mm),
        _lines_table(detail, zone),
        Spacer(1, 14 * mm),
        _signatures(),
    ]
    document.build(story, onFirstPage=_page_number, onLaterPages=_page_number)
    return target.getvalue()


def _heading_table(rows: list[tuple[str, str | int]]) -> Table:
    cells = [[Paragraph(escape(name), _QUIET), Paragraph(escape(str(value)), _TEXT)] for name, value in rows]
    table = Table(cells, colWidths=[_LABEL_MM * mm, (sum(_COLUMNS_MM) - _LABEL_MM) * mm], hAlign="LEFT")
    table.setStyle(
        TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0),
                    ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)])
    )  # fmt: skip
    return table


def _lines_table(detail: SettlementDetail, zone: zoneinfo.ZoneInfo) -> LongTable:
    styles = (_TEXT, _TEXT, _TEXT, _TEXT, _FIGURE, _TEXT)
    head = [name.replace(" ", "<br/>", 1) for name in HEAD]
    rows = [[Paragraph(name, style) for name, style in zip(head, styles, strict=True)]]
    for line in detail.lines:
        at, what, ending, kind, amount, dispute = (escape(str(value)) for value in _cells(line, zone))
        if line.title_en and line.title_en != line.title_zh:
            what += f"<br/><font size=8>{escape(line.title_en)}</font>"
        at, kind = at.replace(" ", "<br/>", 1), kind.replace(" ", "<br/>", 1)
        cells = (at, what, ending, kind, amount, dispute)
        rows.append([Paragraph(cell, style) for cell, style in zip(cells, styles, strict=True)])
    in_all = Paragraph(f"<b>{detail.settlement.total}</b>", _FIGURE)
    rows.append(
        [Paragraph(TOTAL, _TEXT), *(Paragraph("", _TEXT) for _ in range(3)), in_all, Paragraph("", _TEXT)]
    )
    table = LongTable(rows, colWidths=[width * mm for width in _COLUMNS_MM], repeatRows=1, hAlign="LEFT")
    rule = colors.HexColor("#c9cdca")
    table.setStyle(
        TableStyle([("LINEBELOW", (0, 0), (-1, -2), 0.5, rule), ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
                    ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black), ("LINEABOVE", (0, -1), (-1, -1), 1, colors.black),
                    ("SPAN", (0, -1), (3, -1)), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LEFTPADDING", (0, 0), (0, -1), 0), ("RIGHTPADDING", (-1, 0), (-1, -1), 0)])
    )  # fmt: skip
    return table


def _signatures() -> Table:
    """Three lines to write on: the shop, the district, the day."""
    names = ("商户 Merchant", "", "街道 District", "", "日期 Date")
    widths = [54 * mm, 8 * mm, 54 * mm, 8 * mm, 54 * mm]
    table = Table([[Paragraph(name, _QUIET) for name in names]], colWidths=widths, hAlign="LEFT")
    lines = [("LINEABOVE", (at, 0), (at, 0), 0.7, colors.black) for at in (0, 2, 4)]
    table.setStyle(TableStyle([*lines, ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return table


def _page_number(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawRightString(A4[0] - _MARGIN_MM * mm, 9 * mm, str(document.page))
