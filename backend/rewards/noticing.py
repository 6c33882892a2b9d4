"""What looks odd among redemptions and credits: pure functions over a month of them, each find with its events.

An oddity is a reason to look, not a verdict: neighbours do shop at the same till every week.
"""

import datetime as dt
import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from backend.rewards.oversight_schemas import SignalEvent, SignalKind

PAIR_TIMES_MIN = 6
PAIR_SHARE_MIN = 0.5
NIGHT_HOURS = range(5)
NIGHT_TIMES_MIN = 3
VELOCITY_TIMES_MIN = 5
VELOCITY_WITHIN = dt.timedelta(minutes=10)
REVIEWER_TIMES_MIN = 6
REVIEWER_SHARE_MIN = 0.6
REVIEWER_CREDITS_MIN = 10
EVENTS_KEPT = 200


class Used(msgspec.Struct, frozen=True):
    """One use of a voucher that stands: where, by whom at the till, whose, when, for how many points."""

    merchant_id: uuid.UUID
    staff_id: uuid.UUID
    user_id: uuid.UUID
    at: dt.datetime
    points: int


class Credited(msgspec.Struct, frozen=True):
    """One credit: by whose judgement, to whom, when, how many points."""

    reviewer_id: uuid.UUID
    user_id: uuid.UUID
    at: dt.datetime
    points: int


class Find(msgspec.Struct, frozen=True):
    """An oddity: who is in it, and the events that show it, oldest first; `total` is what its share is of."""

    kind: SignalKind
    merchant_id: uuid.UUID | None
    staff_id: uuid.UUID | None
    reviewer_id: uuid.UUID | None
    user_id: uuid.UUID | None
    count: int
    total: int
    points: int
    events: list[SignalEvent]
    hours: list[int]

    @property
    def subject(self) -> str:
        """What makes it the same find as one of yesterday."""
        ids = (self.merchant_id, self.staff_id, self.reviewer_id, self.user_id)
        return "/".join(str(each) for each in ids if each is not None)


def odd_uses(used: Sequence[Used], time_zone: str) -> list[Find]:
    """Pairs of staff and person that take up much of a till's work, uses in the small hours, and bursts."""
    zone = zoneinfo.ZoneInfo(time_zone)
    ordered = sorted(used, key=lambda each: each.at)
    by_shop: defaultdict[uuid.UUID, list[Used]] = defaultdict(list)
    by_person: defaultdict[tuple[uuid.UUID, uuid.UUID], list[Used]] = defaultdict(list)
    by_staff: defaultdict[tuple[uuid.UUID, uuid.UUID], list[Used]] = defaultdict(list)
    by_pair: defaultdict[tuple[uuid.UUID, uuid.UUID, uuid.UUID], list[Used]] = defaultdict(list)
    for each in ordered:
        by_shop[each.merchant_id].append(each)
        by_person[each.merchant_id, each.user_id].append(each)
        by_staff[each.merchant_id, each.staff_id].append(each)
        by_pair[each.merchant_id, each.staff_id, each.user_id].append(each)
    finds: list[Find] = []
    for (merchant_id, staff_id, user_id), events in by_pair.items():
        of = len(by_staff[merchant_id, staff_id])
        if len(events) >= PAIR_TIMES_MIN and len(events) >= PAIR_SHARE_MIN * of:
            ids = {"merchant_id": merchant_id, "staff_id": staff_id, "user_id": user_id}
            finds.append(_find("same_pair", events, of, zone, **ids))
    for merchant_id, events in by_shop.items():
        night = [each for each in events if each.at.astimezone(zone).hour in NIGHT_HOURS]
        if len(night) >= NIGHT_TIMES_MIN:
            finds.append(_find("odd_hours", night, len(events), zone, merchant_id=merchant_id))
    for (merchant_id, user_id), events in by_person.items():
        burst = _burst(events)
        if burst:
            ids = {"merchant_id": merchant_id, "user_id": user_id}
            finds.append(_find("velocity", burst, len(events), zone, **ids))
    return finds


def odd_credits(credited: Iterable[Credited], time_zone: str) -> list[Find]:
    """Reviewers whose judgements go mostly to one person."""
    zone = zoneinfo.ZoneInfo(time_zone)
    by_reviewer: defaultdict[uuid.UUID, int] = defaultdict(int)
    by_pair: defaultdict[tuple[uuid.UUID, uuid.UUID], list[Credited]] = defaultdict(list)
    for each in sorted(credited, key=lambda each: each.at):
        by_reviewer[each.reviewer_id] += 1
        by_pair[each.reviewer_id, each.user_id].append(each)
    return [
        _find(
            "reviewer_pair", events, by_reviewer[reviewer_id], zone, reviewer_id=reviewer_id, user_id=user_id
        )
        for (reviewer_id, user_id), events in by_pair.items()
        if len(events) >= REVIEWER_TIMES_MIN
        and by_reviewer[reviewer_id] >= REVIEWER_CREDITS_MIN
        and len(events) >= REVIEWER_SHARE_MIN * by_reviewer[reviewer_id]
    ]


def _burst(events: Sequence[Used]) -> Sequence[Used]:
    """The first stretch in which too many uses follow each other; empty without one."""
    first = 0
    for last in range(len(events)):
        while events[last].at - events[first].at > VELOCITY_WITHIN:
            first += 1
        if last - first + 1 >= VELOCITY_TIMES_MIN:
            until = events[first].at + VELOCITY_WITHIN
            return [each for each in events[first:] if each.at <= until]
    return []


def _find(
    kind: SignalKind,
    events: Sequence[Used | Credited],
    total: int,
    zone: zoneinfo.ZoneInfo,
    *,
    merchant_id: uuid.UUID | None = None,
    staff_id: uuid.UUID | None = None,
    reviewer_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
) -> Find:
    hours = [0] * 24
    for each in events:
        hours[each.at.astimezone(zone).hour] += 1
    return Find(
        kind=kind,
        merchant_id=merchant_id,
        staff_id=staff_id,
        reviewer_id=reviewer_id,
        user_id=user_id,
        count=len(events),
        total=total,
        points=sum(each.points for each in events),
        events=[SignalEvent(at=each.at, points=each.points) for each in events[-EVENTS_KEPT:]],
        hours=hours,
    )


def words_of(find: Find) -> tuple[str, str]:
    """What was seen in one sentence, Chinese and English; it accuses nobody."""
    match find.kind:
        case "same_pair":
            return (
                f"30 天里，同一店员给同一人核销了 {find.count} 次，占这位店员 {find.total} 次核销中的大半。",
                f"In 30 days one of the staff honoured {find.count} vouchers of the same person, "
                f"most of their {find.total}.",
            )
        case "odd_hours":
            return (
                f"30 天里，有 {find.count} 次核销在凌晨 0 点到 5 点（共 {find.total} 次）。",
                f"In 30 days {find.count} of {find.total} vouchers were used between midnight and five.",
            )
        case "velocity":
            return (
                f"同一人在 10 分钟里连续用了 {find.count} 张兑换券。",
                f"The same person used {find.count} vouchers within ten minutes.",
            )
        case "reviewer_pair":
            return (
                f"30 天里，同一审核人的 {find.total} 次判定有 {find.count} 次给了同一人。",
                f"In 30 days {find.count} of a reviewer's {find.total} judgements went to the same person.",
            )
