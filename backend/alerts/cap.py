"""Alerts as Common Alerting Protocol 1.2 documents (OASIS, 2010), for systems that know nothing of Lexun.

One alert is a chain of documents: the Alert, an Update for each addition, and the Cancel that ends it; each names those
before it. A document never carries a photo or a name, and only the Cancel outlives the alert.
"""

import datetime as dt
import re
import xml.etree.ElementTree as ElementTree
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from backend.areas.service import Ring

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
RESTRICTION = "On-duty volunteers and the police of the district; not for publication"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

type MessageType = Literal["Alert", "Update", "Cancel"]


class CapInfo(msgspec.Struct, frozen=True):
    """What a document says in one language."""

    language: str
    category: str
    response: str
    event: str
    headline: str
    description: str
    instruction: str
    sender_name: str
    contact: str
    place: str
    effective_at: dt.datetime
    expires_at: dt.datetime
    lon: float
    lat: float
    radius_m: int
    rings: tuple[Ring, ...] = ()
    """Outlines of what the alert is for, (lon, lat); with them it is not for the circle."""


class CapDocument(msgspec.Struct, frozen=True):
    """One document; `references` are the identifiers and sending times of those before it."""

    identifier: str
    sender: str
    sent_at: dt.datetime
    message_type: MessageType
    infos: tuple[CapInfo, ...] = ()
    references: tuple[tuple[str, dt.datetime], ...] = ()
    note: str = ""
    exercise: bool = False


def to_xml(document: CapDocument, zone: ZoneInfo) -> bytes:
    """The document in UTF-8, its elements in the order that the schema fixes, its times with the zone's offset."""
    ElementTree.register_namespace("", NAMESPACE)
    alert = ElementTree.Element(_tag("alert"))
    _add(alert, "identifier", document.identifier)
    _add(alert, "sender", document.sender)
    _add(alert, "sent", time_text(document.sent_at, zone))
    _add(alert, "status", "Exercise" if document.exercise else "Actual")
    _add(alert, "msgType", document.message_type)
    _add(alert, "scope", "Restricted")
    _add(alert, "restriction", RESTRICTION)
    if document.note:
        _add(alert, "note", document.note)
    if document.references:
        past = (
            f"{document.sender},{identifier},{time_text(at, zone)}" for identifier, at in document.references
        )
        _add(alert, "references", " ".join(past))
    for info in document.infos:
        _add_info(alert, info, zone)
    ElementTree.indent(alert)
    return ElementTree.tostring(alert, encoding="utf-8", xml_declaration=True)


def _add_info(alert: ElementTree.Element, info: CapInfo, zone: ZoneInfo) -> None:
    element = ElementTree.SubElement(alert, _tag("info"))
    _add(element, "language", info.language)
    _add(element, "category", info.category)
    _add(element, "event", info.event)
    _add(
        element, "responseType", info.response
    )  # nobody is asked for more than to observe, report and keep away
    _add(element, "urgency", "Immediate")
    _add(element, "severity", "Severe")
    _add(element, "certainty", "Observed")
    _add(element, "effective", time_text(info.effective_at, zone))
    _add(element, "expires", time_text(info.expires_at, zone))
    _add(element, "senderName", info.sender_name)
    _add(element, "headline", info.headline)
    _add(element, "description", info.description)
    _add(element, "instruction", info.instruction)
    _add(element, "contact", info.contact)
    area = ElementTree.SubElement(element, _tag("area"))
    _add(area, "areaDesc", info.place)
    for ring in info.rings:
        _add(area, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in ring))
    if not info.rings:
        _add(area, "circle", f"{info.lat:.6f},{info.lon:.6f} {info.radius_m / 1000:.3f}")


def time_text(at: dt.datetime, zone: ZoneInfo) -> str:
    """A time as the protocol wants it: whole seconds and a numeric offset, never Z."""
    text = at.astimezone(zone).replace(microsecond=0).isoformat()
    return text.replace("+00:00", "-00:00")


def sender_of(origin: str) -> str:
    """Who sends, as the protocol wants it: unique, without spaces, commas and markup."""
    host = re.sub(r"[^A-Za-z0-9.:-]", "", origin.partition("://")[2])
    return f"lexun@{host}"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, _tag(name)).text = _NOT_IN_XML.sub("", text)
