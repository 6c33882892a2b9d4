"""After a walk: the privacy receipt (what is kept, who saw it, when it goes), and everything one's own to take along."""

import datetime as dt
import uuid
from typing import Any

import gpxpy.gpx

from backend.core import clock
from backend.core.db import as_time, execute, rows
from backend.core.problems import NotFound
from backend.core.sessions import Actor
from backend.patrols.models import Fix, Patrol, PatrolLine, PatrolLog, PatrolMember, Visit
from backend.patrols.schemas import KeptUntil, PrivacyReceipt, SeenBy, SeesWhat, StoredCounts
from backend.people import service as people
from routing import track

FIXES_KEPT = dt.timedelta(days=30)
COARSE_KEPT = dt.timedelta(days=365)
PHOTOS_KEPT = dt.timedelta(days=90)
AUDIENCES = (
    SeesWhat("self", "您自己：全部，精确到约 1 米", "You: everything, to about a metre"),
    SeesWhat("team", "同行的人：一起走的时候的实时位置，走完就看不到", "Those who walk along: where you are while you walk together, nothing after"),
    SeesWhat("reviewer", "审核民警：30 天内的轨迹，起点、终点和您家 150 米内不显示；其他民警只看到 50 米粗线", "The reviewer: the track for 30 days, without 150 m around its ends and your home; other officers a line to 50 m"),
    SeesWhat("desk", "值班台：巡逻进行时的实时位置", "The desk: where you are while you walk"),
    SeesWhat("community", "社区：只看到队伍，看不到个人", "The community: teams, not persons"),
    SeesWhat("public", "公众：看不到您；只看到 30 天里至少 5 次巡逻走过的 250 米方格", "The public: nothing of you; only squares of 250 m that at least 5 patrols crossed in 30 days"),
)  # fmt: skip


async def note_seen(viewer_id: uuid.UUID, patrol_ids: list[uuid.UUID], *, live: bool) -> None:
    """Remember that somebody looked at where these patrols are or were."""
    if not patrol_ids:
        return
    now = clock.now()
    marks = ", ".join(["(?, ?, ?, ?, ?, 1)"] * len(patrol_ids))
    values = [value for patrol_id in patrol_ids for value in (patrol_id, viewer_id, live, now, now)]
    await execute(
        f"INSERT INTO patrol_view (patrol_id, viewer_id, live, first_at, last_at, times) VALUES {marks}"
        " ON CONFLICT (patrol_id, viewer_id, live) DO UPDATE SET last_at = excluded.last_at, times = patrol_view.times + 1",
        *values,
    )


async def receipt(actor: Actor, patrol_id: uuid.UUID) -> PrivacyReceipt:
    """The receipt of one's own part of a patrol."""
    patrol, _ = await _own(actor, patrol_id)
    fixes = Fix.filter(patrol_id=patrol_id, user_id=actor.user_id)
    first, last = await fixes.order_by("at").first(), await fixes.order_by("-at").first()
    visits = await Visit.filter(patrol_id=patrol_id, user_id=actor.user_id)
    over = patrol.finished_at or clock.now()
    kept = [
        KeptUntil("fixes", over + FIXES_KEPT, "删除，只留 50 米粗线", "deleted; a line to 50 m stays"),
        KeptUntil("track", over + COARSE_KEPT, "删除，只留统计数字", "deleted; figures stay"),
        KeptUntil("photos", over + PHOTOS_KEPT, "删除", "deleted"),
        KeptUntil("live", over, "结束时已删除", "deleted when you finished"),
    ]
    return PrivacyReceipt(
        patrol_id=patrol_id,
        stored=StoredCounts(
            fixes=await fixes.count(),
            logs=await PatrolLog.filter(
                patrol_id=patrol_id, user_id=actor.user_id, undone_at__isnull=True, kind__isnull=False
            ).count(),
            visits=len(visits),
            photos=sum(visit.photo_key is not None for visit in visits),
            first_at=first.at if first else None,
            last_at=last.at if last else None,
        ),
        seen_by=await _seen_by(patrol_id, actor.user_id),
        kept=kept,
        audience=list(AUDIENCES),
    )


async def _own(actor: Actor, patrol_id: uuid.UUID) -> tuple[Patrol, PatrolMember]:
    member = await PatrolMember.filter(patrol_id=patrol_id, user_id=actor.user_id).first()
    if member is None:
        raise NotFound(kind="patrol", id=str(patrol_id))
    return await Patrol.get(id=patrol_id), member


async def _seen_by(patrol_id: uuid.UUID, own_id: uuid.UUID) -> list[SeenBy]:
    """Everybody who looked but oneself: team mates see each other."""
    found = await rows(
        "SELECT viewer_id, live, first_at, last_at, times FROM patrol_view WHERE patrol_id = ? AND viewer_id <> ?"
        " ORDER BY first_at, live DESC",
        patrol_id,
        own_id,
    )
    viewers = {uuid.UUID(str(each["viewer_id"])) for each in found}
    names = await people.names(viewers)
    return [
        SeenBy(
            name=names.get(uuid.UUID(str(each["viewer_id"])), ""),
            live=bool(each["live"]),
            first_at=as_time(each["first_at"]),
            last_at=as_time(each["last_at"]),
            times=int(each["times"]),
        )
        for each in found
    ]


async def export_gpx(actor: Actor, patrol_id: uuid.UUID) -> bytes:
    """One's own walk as GPX 1.1: a segment for every piece without a gap."""
    patrol, _ = await _own(actor, patrol_id)
    file = gpxpy.gpx.GPX()
    file.creator = "Lexun"
    walked = gpxpy.gpx.GPXTrack(name=f"{patrol.started_at:%Y-%m-%d %H:%M} UTC")
    for piece in track.segments(await _points(actor, patrol_id)):
        segment = gpxpy.gpx.GPXTrackSegment()
        segment.points = [gpxpy.gpx.GPXTrackPoint(each.lat, each.lon, time=each.at) for each in piece]
        walked.segments.append(segment)
    file.tracks.append(walked)
    return file.to_xml().encode()


async def _points(actor: Actor, patrol_id: uuid.UUID) -> list[track.Point]:
    return [
        track.Point(fix.at, fix.lon, fix.lat, fix.accuracy_m)
        for fix in await Fix.filter(patrol_id=patrol_id, user_id=actor.user_id).order_by("at")
    ]


async def export_json(actor: Actor, patrol_id: uuid.UUID) -> dict[str, Any]:
    """Everything that is kept of one's own part of a patrol."""
    patrol, member = await _own(actor, patrol_id)
    own: dict[str, Any] = {"patrol_id": patrol_id, "user_id": actor.user_id}
    lines = await PatrolLine.filter(**own)
    return {
        "patrol": {
            "id": str(patrol.id), "kind": patrol.kind, "state": patrol.state, "started_at": patrol.started_at,
            "finished_at": patrol.finished_at, "length_m": patrol.length_m, "minutes": patrol.minutes,
            "points_awarded": member.points_awarded, "review_note": patrol.review_note,
        },
        "fixes": await Fix.filter(**own).order_by("at").values(
            "id", "at", "lon", "lat", "accuracy_m", "speed_m_s", "heading_deg", "mocked", "source", "received_at"
        ),
        "lines": [{"precision": line.precision, "lines": line.lines} for line in lines],
        "logs": await PatrolLog.filter(**own).order_by("at").values("id", "kind", "at", "lon", "lat", "note", "undone_at"),
        "visits": await Visit.filter(**own).order_by("at").values(
            "id", "at", "method", "checkpoint_id", "stop_order", "sureness", "why", "lon", "lat"
        ),
    }  # fmt: skip
