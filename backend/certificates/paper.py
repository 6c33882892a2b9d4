"""A certificate as a PDF on one page."""

import io
import zoneinfo
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from backend.certificates.models import Certificate

FONT = "STSong-Light"  # a standard face of every PDF reader; nothing is embedded
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
_INK, _TEAL, _QUIET = colors.HexColor("#1b201e"), colors.HexColor("#0b6b5c"), colors.HexColor("#5c625f")
_TITLE = ParagraphStyle("title", fontName=FONT, fontSize=36, leading=46, alignment=TA_CENTER, textColor=_TEAL)
_ENGLISH = ParagraphStyle(
    "english", fontName=FONT, fontSize=13, leading=20, alignment=TA_CENTER, textColor=_QUIET
)
_TEXT = ParagraphStyle(
    "text", fontName=FONT, fontSize=19, leading=34, alignment=TA_CENTER, textColor=_INK, wordWrap="CJK"
)
_SMALL = ParagraphStyle("small", fontName=FONT, fontSize=11, leading=18, alignment=TA_CENTER, textColor=_INK)
_ENGLISH_SMALL = ParagraphStyle("english_small", parent=_ENGLISH, fontSize=10, leading=15)
PAGE = landscape(A4)
QR_MM = 26
TOP_MM = 46
TOP_WITH_QR_MM = 24


def _qr(text: str) -> Table:
    """A QR code, in the middle of the page's width."""
    widget = QrCodeWidget(text, barLevel="M", barWidth=QR_MM * mm, barHeight=QR_MM * mm)
    return Table([[Drawing(QR_MM * mm, QR_MM * mm, widget)]], colWidths=[QR_MM * mm], hAlign="CENTER")


def _frame(canvas: Canvas, document: SimpleDocTemplate) -> None:
    """Two fine lines around the page, inside what any printer reaches."""
    canvas.setStrokeColor(_TEAL)
    for inset_mm, width in ((11, 2), (13.5, 0.6)):
        inset = inset_mm * mm
        canvas.setLineWidth(width)
        canvas.rect(inset, inset, PAGE[0] - 2 * inset, PAGE[1] - 2 * inset)


def certificate_pdf(certificate: Certificate, time_zone: str, check_url: str | None) -> bytes:
    """The certificate; it can be checked by its code, and at `check_url` by a QR code where there is such a page."""
    target = io.BytesIO()
    hours = f"{certificate.minutes / 60:.1f}"
    issued = f"{certificate.issued_at.astimezone(zoneinfo.ZoneInfo(time_zone)):%Y-%m-%d}"
    name, zh, en = (
        escape(text) for text in (certificate.name, certificate.area_name_zh, certificate.area_name_en)
    )
    story: list[Flowable] = [
        Paragraph("志愿服务证明", _TITLE),
        Paragraph("Certificate of volunteer service", _ENGLISH),
        Spacer(1, 14 * mm),
        Paragraph(
            f"兹证明 {name} 于 {certificate.year} 年在{zh}参加平安巡逻志愿服务<br/>"
            f"{certificate.patrols} 次，共 {hours} 小时。",
            _TEXT,
        ),
        Spacer(1, 2 * mm),
        Paragraph(
            f"In {certificate.year}, {name} served {hours} hours in {certificate.patrols} volunteer patrols in {en}.",
            _ENGLISH,
        ),
        Spacer(1, 14 * mm),
        Paragraph(f"{zh} · 平安乐巡　{en} · Lexun", _SMALL),
        Paragraph(f"签发日期 Issued on {issued}", _SMALL),
        Spacer(1, 5 * mm),
        Paragraph(f"证明编号 Code {certificate.code}", _SMALL),
        Paragraph("凭编号可在平安乐巡核验。 Anybody can check this code with Lexun.", _ENGLISH_SMALL),
    ]
    if check_url is not None:
        story += [Spacer(1, 3 * mm), _qr(check_url), Paragraph(escape(check_url), _ENGLISH_SMALL)]
    SimpleDocTemplate(
        target,
        pagesize=PAGE,
        topMargin=(TOP_MM if check_url is None else TOP_WITH_QR_MM) * mm,
        bottomMargin=15 * mm,
        title=f"平安乐巡 {certificate.year} {certificate.code}",
        author="平安乐巡 Lexun",
    ).build(story, onFirstPage=_frame, onLaterPages=_frame)
    return target.getvalue()
