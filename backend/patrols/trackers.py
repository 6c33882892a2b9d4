"""Trackers that run with the screen off: an unguessable address for one walk, and what programs send to it.

The address is a signed token of one member of one patrol. It ends with the walk; for an hour more it takes what the
phone had buffered, as long as that lies within the walk. Programs that hear anything but 200 send the same again for
ever, so everything that was understood is answered 200, also what is refused, and counted.
"""

import base64
import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from tortoise.exceptions import IntegrityError

from backend.areas import service as areas
from backend.core import clock, metrics
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields, NotFound
from backend.core.sessions import Actor
from backend.patrols import codes, tracker_formats
from backend.patrols.consent import require_consent
from backend.patrols.measuring import measure_again
from backend.patrols.models import Patrol, PatrolMember
from backend.patrols.refusals import ConsentRequired, PatrolOver
from backend.patrols.schemas import FIXES_MAX, FixBatch, FixIn, TrackerClient, TrackerOut, TrackerReceipt
from backend.patrols.tracker_formats import NotATrack, TrackerFix
from backend.patrols.walking import store_fixes
from backend.settings import current

BUFFERED_FOR = dt.timedelta(hours=1)
INTERVAL_S = 10


@atomic
async def open_tracker(actor: Actor, patrol_id: uuid.UUID) -> TrackerOut:
    """The address for the asker's own walk, with how to set each program up; asking again gives the same."""
    await require_consent(actor.user_id)
    member = await _own(actor, patrol_id)
    if member.state != "walking":
        raise PatrolOver(state=member.state)
    if member.tracker_serial <= 0:
        member.tracker_serial = 1 - member.tracker_serial
        await member.save(update_fields=["tracker_serial"])
    return _out(member)


@atomic
async def close_tracker(actor: Actor, patrol_id: uuid.UUID) -> None:
    """Make the address worthless; the next one is another."""
    member = await _own(actor, patrol_id)
    if member.tracker_serial > 0:
        member.tracker_serial = -member.tracker_serial
        await member.save(update_fields=["tracker_serial"])


async def _own(actor: Actor, patrol_id: uuid.UUID) -> PatrolMember:
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    return member


async def from_owntracks(token: str, body: bytes) -> TrackerReceipt:
    """Keep the position of an OwnTracks message."""
    return await _keep(await _member_of(token), tracker_formats.owntracks(body), "owntracks")


async def from_osmand(
    token: str | None, query: Mapping[str, str], content_type: str, body: bytes
) -> TrackerReceipt:
    """Keep what OsmAnd or Traccar Client sends: fields in the address, in a form, or JSON; its device id is the token."""
    if content_type == "application/json" and body.strip():
        device_id, fixes = tracker_formats.osmand_json(body)
        return await _keep(await _member_of(token or query.get("id") or device_id), fixes, "traccar")
    fields = {**query, **_form(body if "form" in content_type else b"")}
    device_id = token or fields.get("id") or fields.get("deviceid") or ""
    return await _keep(await _member_of(device_id), tracker_formats.osmand_fields(fields), "traccar")


async def from_gpslogger(token: str, query: Mapping[str, str], body: bytes) -> TrackerReceipt:
    """Keep what GPSLogger's custom URL sends."""
    return await _keep(
        await _member_of(token), tracker_formats.gpslogger({**query, **_form(body)}), "gpslogger"
    )


async def from_gpx(actor: Actor, patrol_id: uuid.UUID, body: bytes) -> TrackerReceipt:
    """Keep the points of a GPX file that lie within the asker's own walk."""
    await require_consent(actor.user_id)
    member = await _own(actor, patrol_id)
    try:
        fixes = tracker_formats.gpx(body)
    except NotATrack as error:
        raise InvalidFields([FieldError("body", "not-a-track", str(error))]) from None
    return await _keep(member, fixes, "gpx")


def _form(body: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(body.decode("utf-8", "replace")))


async def _member_of(token: str) -> PatrolMember:
    """Whose address this is; `NotFound` for every other, so that none can be guessed."""
    raw = codes.unsigned("tracker", token, 18)
    member = await PatrolMember.filter(id=uuid.UUID(bytes=raw[:16])).first() if raw else None
    if raw is None or member is None or member.tracker_serial != int.from_bytes(raw[16:]):
        raise NotFound(kind="tracker", id="")
    return member


async def _keep(member: PatrolMember, found: Sequence[TrackerFix], source: str) -> TrackerReceipt:
    """Store what lies within the walk, once; the rest is counted as refused."""
    patrol = await Patrol.get(id=member.patrol_id)
    over = member.finished_at or patrol.finished_at
    if source != "gpx" and over is not None and clock.now() - over > BUFFERED_FOR:
        metrics.positions.labels("after-finish").inc(len(found))
        return TrackerReceipt(0, 0, len(found))
    try:
        await require_consent(member.user_id)
    except ConsentRequired:
        metrics.positions.labels("no-consent").inc(len(found))
        return TrackerReceipt(0, 0, len(found))
    area = await areas.get(patrol.area_id)
    stored = duplicates = refused = 0
    for begin in range(0, len(found), FIXES_MAX):
        batch = FixBatch([_fix(each, member) for each in found[begin : begin + FIXES_MAX]])
        try:
            receipt = await store_fixes(patrol, member, area, batch, source=source)
        except IntegrityError:  # the walk ended meanwhile: the program's next try is judged anew
            member = await PatrolMember.get(id=member.id)
            receipt = await store_fixes(await Patrol.get(id=patrol.id), member, area, batch, source=source)
        stored += receipt.stored
        duplicates += receipt.duplicates
        refused += len(receipt.refused)
    if found:
        await PatrolMember.filter(id=member.id).update(tracker_seen_at=clock.now())
    if stored and patrol.state != "active":
        await measure_again(patrol.id)
    return TrackerReceipt(stored, duplicates, refused)


def _fix(found: TrackerFix, member: PatrolMember) -> FixIn:
    return FixIn(
        id=found.id_for(member.id), at=found.at, lon=found.lon, lat=found.lat, accuracy_m=found.accuracy_m,
        speed_m_s=found.speed_m_s, heading_deg=found.heading_deg, mocked=found.mocked,
    )  # fmt: skip


def _out(member: PatrolMember) -> TrackerOut:
    token = codes.signed("tracker", member.id.bytes + member.tracker_serial.to_bytes(2))
    origin = current().origin()
    owntracks = f"{origin}/api/trackers/{token}/owntracks"
    traccar = f"{origin}/api/trackers/osmand"
    # The names are GPSLogger's own; it fills in what stands after each percent sign.
    names = {
        "lat": "LAT",
        "lon": "LON",
        "acc": "ACC",
        "spd": "SPD",
        "dir": "DIR",
        "timestamp": "TIMESTAMP",
        "prov": "PROV",
    }
    gpslogger = f"{origin}/api/trackers/{token}/gpslogger?" + "&".join(
        f"{key}=%{name}" for key, name in names.items()
    )
    # OsmAnd's names are numbers; what it calls hdop is its accuracy in metres.
    osmand = f"{traccar}?id={token}&lat={{0}}&lon={{1}}&timestamp={{2}}&hdop={{3}}&speed={{5}}&bearing={{6}}"
    settings = {
        "_type": "configuration", "mode": 3, "url": owntracks, "auth": False, "monitoring": 2,
        "locatorInterval": INTERVAL_S, "moveModeLocatorInterval": INTERVAL_S, "locatorDisplacement": 5,
    }  # fmt: skip
    inline = base64.b64encode(json.dumps(settings).encode()).decode()
    options = {
        "id": token,
        "accuracy": "highest",
        "interval": INTERVAL_S,
        "distance": 0,
        "stopDetection": "false",
        "service": "true",
    }
    return TrackerOut(
        token=token,
        last_fix_at=member.tracker_seen_at,
        clients=[
            TrackerClient(
                "owntracks", "OwnTracks", owntracks, f"owntracks:///config?{urlencode({'inline': inline})}",
                ["安装 OwnTracks（安卓或苹果）。", "用手机相机扫这个二维码，点“导入”。", "把模式切到“移动”，看到绿点就可以锁屏了。"],
                ["Install OwnTracks (Android or iPhone).", "Scan this code with the camera and import it.", "Switch to Move mode; once the dot is green you may lock the phone."],
            ),
            TrackerClient(
                "traccar", "Traccar Client", traccar, f"{traccar}?{urlencode(options)}",
                ["安装 Traccar Client（安卓或苹果）。", "在它的设置里点“扫二维码”，扫这个码。", "打开“持续跟踪”，就可以锁屏了。"],
                ["Install Traccar Client (Android or iPhone).", "In its settings choose the QR scanner and scan this code.", "Switch on continuous tracking; then you may lock the phone."],
            ),
            TrackerClient(
                "gpslogger", "GPSLogger", gpslogger, None,
                ["安装 GPSLogger（安卓）。", "在“记录详情”里打开“自定义网址”，粘贴这个地址。", "点“开始记录”，就可以锁屏了。"],
                ["Install GPSLogger (Android).", "Under logging details switch on the custom URL and paste this address.", "Start logging; then you may lock the phone."],
            ),
            TrackerClient(
                "osmand", "OsmAnd", osmand, None,
                ["安装 OsmAnd（安卓）。", "在“插件 - 行程记录”里打开“在线跟踪”，粘贴这个地址。", "点“开始记录”，就可以锁屏了。"],
                ["Install OsmAnd (Android).", "In the trip recording plugin switch on online tracking and paste this address.", "Start recording; then you may lock the phone."],
            ),
            TrackerClient(
                "gpx", "GPX", f"{origin}/api/patrols/{member.patrol_id}/gpx", None,
                ["用任何能录轨迹的手表或软件录下这次巡逻。", "走完后导出为 GPX 文件。", "在这一页上传；只收巡逻时间内的点。"],
                ["Record this walk with any watch or app.", "Afterwards export it as a GPX file.", "Upload it on this page; only points within the walk are kept."],
            ),
        ],
    )  # fmt: skip
