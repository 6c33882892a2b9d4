"""A certificate as a PDF on one page."""

import io
import zoneinfo
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from backend.certificates.models import Certificate

FONT = "STSong-Light"  # a standard face of every PDF reader; nothing is embedded
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
_TITLE = ParagraphStyle("title", fontName=FONT, fontSize=30, leading=40, alignment=1)
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=16, leading=28, alignment=1, wordWrap="CJK")
_SMALL = ParagraphStyle("small", fontName=FONT, fontSize=11, leading=18, alignment=1)


QR_MM = 30


def _qr(text: str) -> Drawing:
    """A QR code, in the middle of the page's width."""
    widget = QrCodeWidget(text, barLevel="M", barWidth=QR_MM * mm, barHeight=QR_MM * mm)
    return Drawing(QR_MM * mm, QR_MM * mm, widget, hAlign="CENTER")


def certificate_pdf(certificate: Certificate, time_zone: str, check_url: str | None) -> bytes:
    """The certificate; it can be checked by its code, and at `check_url` by a QR code where there is such a page."""
    target = io.BytesIO()
    hours = f"{certificate.minutes / 60:.1f}"
    issued = f"{certificate.issued_at.astimezone(zoneinfo.ZoneInfo(time_zone)):%Y-%m-%d}"
    name, zh, en = (
        escape(text) for text in (certificate.name, certificate.area_name_zh, certificate.area_name_en)
    )
    story: list[Flowable] = [
        Spacer(1, 8 * mm),
        Paragraph("志愿服务证明", _TITLE),
        Paragraph("Certificate of volunteer service", _SMALL),
        Spacer(1, 10 * mm),
        Paragraph(
            f"兹证明 {name} 于 {certificate.year} 年在{zh}参加平安巡逻志愿服务 "
            f"{certificate.patrols} 次，共 {hours} 小时。",
            _TEXT,
        ),
        Paragraph(
            f"In {certificate.year}, {name} served {hours} hours in {certificate.patrols} "
            f"volunteer patrols in {en}.",
            _SMALL,
        ),
        Spacer(1, 10 * mm),
        Paragraph(f"证明编号 Code：{certificate.code}　　签发 Issued：{issued}", _SMALL),
        Paragraph("凭编号可在平安乐巡核验。 Anybody can check this code with Lexun.", _SMALL),
    ]
    if check_url is not None:
        story += [Spacer(1, 4 * mm), _qr(check_url), Paragraph(escape(check_url), _SMALL)]
    title = f"平安乐巡 {certificate.year} {certificate.code}"
    SimpleDocTemplate(target, pagesize=landscape(A4), title=title, author="平安乐巡 Lexun").build(story)
    return target.getvalue()
