"""A certificate as a PDF on one page."""

import io
import zoneinfo
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from backend.certificates.models import Certificate

FONT = "STSong-Light"  # a standard face of every PDF reader; nothing is embedded
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
_TITLE = ParagraphStyle("title", fontName=FONT, fontSize=30, leading=40, alignment=1)
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=16, leading=28, alignment=1, wordWrap="CJK")
_SMALL = ParagraphStyle("small", fontName=FONT, fontSize=11, leading=18, alignment=1)


def certificate_pdf(certificate: Certificate, time_zone: str) -> bytes:
    """The certificate; it can be checked by its code."""
    target = io.BytesIO()
    hours = f"{certificate.minutes / 60:.1f}"
    issued = f"{certificate.issued_at.astimezone(zoneinfo.ZoneInfo(time_zone)):%Y-%m-%d}"
    name, zh, en = (
        escape(text) for text in (certificate.name, certificate.area_name_zh, certificate.area_name_en)
    )
    story = [
        Spacer(1, 12 * mm),
        Paragraph("志愿服务证明", _TITLE),
        Paragraph("Certificate of volunteer service", _SMALL),
        Spacer(1, 14 * mm),
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
        Spacer(1, 16 * mm),
        Paragraph(f"证明编号 Code：{certificate.code}　　签发 Issued：{issued}", _SMALL),
        Paragraph("凭编号可在平安乐巡核验。 Anybody can check this code with Lexun.", _SMALL),
    ]
    title = f"平安乐巡 {certificate.year} {certificate.code}"
    SimpleDocTemplate(target, pagesize=landscape(A4), title=title, author="平安乐巡 Lexun").build(story)
    return target.getvalue()
