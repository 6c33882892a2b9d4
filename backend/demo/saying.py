"""What people of the demo district suggested or complained about, and one answer."""

import datetime as dt
import uuid

from backend.areas.models import Area
from backend.core import clock
from backend.core.ids import uuid7
from backend.core.pools import in_thread
from backend.demo import cast
from backend.feedback.deadlines import due_at
from backend.feedback.models import Feedback
from backend.feedback.schemas import FeedbackKind
from backend.people.models import Person

WAITING: tuple[tuple[FeedbackKind, str, str, int], ...] = (
    ("complaint", "上周五在滨湖等了二十分钟没人带队，电话也没人接，希望有个说法。", "/tasks", 6),
    ("suggestion", "巡逻页的字在路灯下看不清，能不能再大一点？", "/patrol", 3),
    ("suggestion", "能不能显示哪家店几点关门，下了夜班去总是关着。", "/offers", 1),
)
"""Kind, words, screen, and how many days ago they were said."""


async def make_feedback(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """Three that wait, one of them urgent, and one of the volunteer of the login card that was answered."""
    zone, now = areas["lewan"].time_zone, clock.now()
    crew = await cast.walkers(len(WAITING))
    rows = []
    for person, (kind, text, screen, days) in zip(crew, WAITING, strict=True):
        sent_at = now - dt.timedelta(days=days)
        end = await in_thread(due_at, kind, sent_at, zone)
        rows.append(_feedback(person.id, areas["lewan/shifang/shifang"], kind, text, screen, sent_at, end))
    volunteer = cards["volunteer"]
    sent_at = now - dt.timedelta(days=9)
    end = await in_thread(due_at, "suggestion", sent_at, zone)
    answered = _feedback(
        volunteer.id,
        areas["lewan/shifang/shifang"],
        "suggestion",
        "槐巷口的签到码被雨打湿了，扫不出来。",
        "/patrol",
        sent_at,
        end,
    )
    answered.state, answered.answer = "answered", "已经换成防水的，谢谢提醒。"
    answered.answered_by, answered.answered_at = cards["poster"].id, sent_at + dt.timedelta(days=2)
    await Feedback.bulk_create([*rows, answered])


def _feedback(
    user_id: uuid.UUID, area: Area, kind: str, text: str, screen: str, sent_at: dt.datetime, end: dt.datetime
) -> Feedback:
    return Feedback(
        id=uuid7(),
        user_id=user_id,
        area_id=area.id,
        kind=kind,
        text=text,
        screen=screen,
        sent_at=sent_at,
        due_at=end,
        demo=True,
    )
