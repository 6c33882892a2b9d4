"""The alerts of an area for other systems: an Atom feed (RFC 4287) of Common Alerting Protocol documents."""

import datetime as dt
import uuid
import xml.etree.ElementTree as ElementTree
from zoneinfo import ZoneInfo

from backend.alerts import cap
from backend.alerts.access import AlertWithdrawn
from backend.alerts.cap import CapDocument, CapInfo
from backend.alerts.kinds import ALERT_KINDS, KEEP_AWAY_EN, KEEP_AWAY_ZH, titles
from backend.alerts.models import Alert, AlertUpdate
from backend.areas import service as areas
from backend.areas.service import Area
from backend.core import clock
from backend.core.problems import NotFound
from backend.integrations import service as integrations
from backend.settings import current

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
SHOWN_FOR = dt.timedelta(days=7)
"""How long the feed says that an alert is over."""
END = "end"
ENTRIES_MAX = 200

type Chain = list[CapDocument]


async def feed(machine: integrations.Machine) -> bytes:
    """The feed of everything that is live in the key's area, and of what ended within the last week."""
    documents: list[tuple[Area, CapDocument]] = []
    for alert in await _told(machine):
        area = await areas.get(alert.area_id)
        documents += [(area, document) for document in await _chain(alert, area)]
    documents.sort(key=lambda each: each[1].sent_at, reverse=True)
    return _atom(machine, documents[:ENTRIES_MAX])


async def document(machine: integrations.Machine, identifier: str) -> bytes:
    """One document by its identifier.

    `NotFound` for what the key does not cover, `AlertWithdrawn` for what an alert said while it was live: once it is
    over only its Cancel can be read.
    """
    alert_id, _, _ = identifier.partition(".")
    try:
        alert = await Alert.filter(id=uuid.UUID(alert_id), live_at__isnull=False).first()
    except ValueError:
        alert = None
    area = await areas.get(alert.area_id) if alert else None
    if alert is None or area is None or not _covers(machine, area):
        raise NotFound(kind="document", id=identifier)
    for each in await _chain(alert, area):
        if each.identifier == identifier:
            return cap.to_xml(each, ZoneInfo(area.time_zone))
    if alert.closed_at is not None and identifier != f"{alert.id}.{END}":
        raise AlertWithdrawn(kind=alert.kind, at=alert.closed_at.isoformat())
    raise NotFound(kind="document", id=identifier)


async def _told(machine: integrations.Machine) -> list[Alert]:
    area_ids = await areas.ids_within(machine.area_path)
    since = clock.now() - SHOWN_FOR
    live = await Alert.filter(area_id__in=area_ids, state="live", expires_at__gt=clock.now())
    over = await Alert.filter(area_id__in=area_ids, live_at__isnull=False, closed_at__gt=since)
    return [*live, *over]


async def _chain(alert: Alert, area: Area) -> Chain:
    """The documents that may be read now: all of a live alert, the Cancel alone of one that is over."""
    sender = cap.sender_of(current().origin())
    updates = await AlertUpdate.filter(alert_id=alert.id).order_by("at", "id")
    assert alert.live_at is not None
    sent = [(str(alert.id), alert.live_at)]
    sent += [(f"{alert.id}.{number}", update.at) for number, update in enumerate(updates, 1)]
    exercise = area.demo or alert.exercise
    if alert.closed_at is not None:
        return [
            CapDocument(
                f"{alert.id}.{END}", sender, alert.closed_at, "Cancel",
                references=tuple(sent), note=alert.outcome or "", exercise=exercise,
            )
        ]  # fmt: skip
    audience = await areas.get(alert.audience_area_id) if alert.audience_area_id else None
    return [
        CapDocument(
            identifier, sender, at, "Update" if number else "Alert",
            infos=_infos(alert, area, audience, [update.text_zh for update in updates[:number]]),
            references=tuple(sent[:number]), exercise=exercise,
        )
        for number, (identifier, at) in enumerate(sent)
    ]  # fmt: skip


def _infos(alert: Alert, area: Area, audience: Area | None, additions: list[str]) -> tuple[CapInfo, ...]:
    """The alert's words, in Chinese and, as far as it has them, in English. Never the headline: it may name someone.

    What is for the people inside an `audience` has its outline; anything else the circle around its place.
    """
    words = ALERT_KINDS[alert.kind]
    title_zh, title_en = titles(alert.kind, exercise=alert.exercise)
    described = [alert.clothing_zh, alert.behaviour_zh, alert.direction_zh, *additions]
    chinese = CapInfo(
        language="zh-CN",
        category=words.cap_category,
        response=words.cap_response,
        event=title_zh,
        headline=f"{title_zh}：{alert.last_seen_place}",
        description="；".join(text for text in described if text),
        instruction=KEEP_AWAY_ZH,
        sender_name=area.name_zh,
        contact=alert.contact_phone,
        place=audience.name_zh if audience else alert.last_seen_place,
        effective_at=alert.live_at or alert.created_at,
        expires_at=alert.expires_at,
        lon=alert.lon,
        lat=alert.lat,
        radius_m=alert.radius_m,
        rings=areas.outer_rings(audience) if audience else (),
    )
    english = CapInfo(
        language="en",
        category=words.cap_category,
        response=words.cap_response,
        event=title_en,
        headline=f"{title_en}: {alert.last_seen_place}",
        description=chinese.description,
        instruction=KEEP_AWAY_EN,
        sender_name=area.name_en,
        contact=chinese.contact,
        place=audience.name_en if audience else chinese.place,
        effective_at=chinese.effective_at,
        expires_at=chinese.expires_at,
        lon=chinese.lon,
        lat=chinese.lat,
        radius_m=chinese.radius_m,
        rings=chinese.rings,
    )
    return chinese, english


def _covers(machine: integrations.Machine, area: Area) -> bool:
    return area.path == machine.area_path or area.path.startswith(machine.area_path + "/")


def _atom(machine: integrations.Machine, documents: list[tuple[Area, CapDocument]]) -> bytes:
    ElementTree.register_namespace("", ATOM)
    origin = current().origin()
    root = ElementTree.Element(_tag("feed"))
    _add(root, "id", f"{origin}/api/feeds/alerts.atom")
    _add(root, "title", f"Lexun: {machine.area_path}")
    ElementTree.SubElement(root, _tag("link"), rel="self", href=f"{origin}/api/feeds/alerts.atom")
    latest = max((each.sent_at for _, each in documents), default=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    _add(root, "updated", latest.isoformat(timespec="seconds"))
    for area, each in documents:
        entry = ElementTree.SubElement(root, _tag("entry"))
        address = f"{origin}/api/feeds/alerts/{each.identifier}"
        _add(entry, "id", address)
        _add(entry, "title", each.infos[0].headline if each.infos else f"{each.message_type}: {each.note}")
        _add(entry, "updated", each.sent_at.isoformat(timespec="seconds"))
        author = ElementTree.SubElement(entry, _tag("author"))
        _add(author, "name", area.name_zh)
        ElementTree.SubElement(entry, _tag("category"), term=each.message_type)
        ElementTree.SubElement(entry, _tag("link"), rel="alternate", type=cap.MEDIA_TYPE, href=address)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, _tag(name)).text = text
