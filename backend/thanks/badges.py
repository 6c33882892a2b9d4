"""Badges that mean something: pure functions of the walks a person made, each explained, none with a deadline."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence

import msgspec

from backend.patrols.service import PastWalk
from backend.thanks.schemas import BadgeCode, BadgeOut

DAY_BEGINS = dt.timedelta(hours=5)
"""A walk after midnight belongs to the evening before."""
FRIDAY = 4


class _Kind(msgspec.Struct, frozen=True):
    code: BadgeCode
    need: int
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    steps: Callable[[Sequence[PastWalk], Collection[dt.date]], list[tuple[dt.datetime, int]]]
    """What counts: each time something was added, and how much; the badge is earned when the sum reaches `need`."""


def day_of(walk: PastWalk) -> dt.date:
    """The day a walk belongs to."""
    return (walk.started_at - DAY_BEGINS).date()


def _each(walks: Sequence[PastWalk]) -> list[tuple[dt.datetime, int]]:
    return [(walk.started_at, 1) for walk in walks]


def _fridays(walks: Sequence[PastWalk], rain: Collection[dt.date]) -> list[tuple[dt.datetime, int]]:
    first = {day_of(walk): walk.started_at for walk in reversed(walks) if day_of(walk).weekday() == FRIDAY}
    return [(at, 1) for _, at in sorted(first.items())]


_KINDS = (
    _Kind("first_patrol", 1, "第一次巡逻", "First patrol",
          "走完第一次巡逻。", "You walked your first patrol.", lambda walks, rain: _each(walks)),
    _Kind("first_night", 1, "第一个夜晚", "First night",
          "第一次在夜里巡逻。", "You walked at night for the first time.",
          lambda walks, rain: _each([walk for walk in walks if walk.night])),
    _Kind("rain", 1, "风雨同行", "In the rain",
          "下雨那天，你也出了门。下没下雨，由值守的人记。", "It rained, and you went out all the same. Whoever was on duty noted the rain.",
          lambda walks, rain: _each([walk for walk in walks if day_of(walk) in rain])),
    _Kind("year_of_fridays", 52, "五十二个星期五", "A year of Fridays",
          "五十二个星期五都有你，不用连续，慢慢来。", "Fifty-two Fridays with you; they need not follow each other.", _fridays),
    _Kind("hundred_hours", 100, "一百小时", "A hundred hours",
          "一共走满一百小时。", "A hundred hours walked in all.",
          lambda walks, rain: [(walk.started_at, walk.minutes) for walk in walks]),
)  # fmt: skip


def badges_of(walks: Sequence[PastWalk], rain: Collection[dt.date]) -> list[BadgeOut]:
    """Every badge, those earned first (latest first), then the nearest.

    `walks` are a person's accepted patrols by the district's clock, oldest first; `rain` the days of their district on which it rained.
    """
    found = [_badge(kind, kind.steps(walks, rain)) for kind in _KINDS]
    earned = sorted(
        (badge for badge in found if badge.earned_at),
        key=lambda badge: badge.earned_at or _NEVER,
        reverse=True,
    )
    ahead = sorted(
        (badge for badge in found if not badge.earned_at), key=lambda badge: -badge.have / badge.need
    )
    return [*earned, *ahead]


_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def _badge(kind: _Kind, steps: list[tuple[dt.datetime, int]]) -> BadgeOut:
    unit = 60 if kind.code == "hundred_hours" else 1  # its steps are minutes
    total, earned_at = 0, None
    for at, amount in steps:
        total += amount
        if total >= kind.need * unit and earned_at is None:
            earned_at = at
    return BadgeOut(
        code=kind.code,
        title_zh=kind.title_zh,
        title_en=kind.title_en,
        text_zh=kind.text_zh,
        text_en=kind.text_en,
        earned_at=earned_at,
        have=min(kind.need, total // unit),
        need=kind.need,
    )
