"""Says in one sentence why a volunteer should stand at a place, without exact counts."""

from collections.abc import Sequence

from routing.kinds import kind_words
from routing.words import Words

BUCKETS = ((50, Words("50 起以上", "50 or more")), (20, Words("20–49 起", "20–49")), (10, Words("10–19 起", "10–19")),
           (5, Words("5–9 起", "5–9")), (0, Words("少于 5 起", "fewer than 5")))  # fmt: skip
NOTHING = Words("", "")
UNNAMED = Words("警情", "incidents")
DAYS = (
    Words("周一", "Mon"), Words("周二", "Tue"), Words("周三", "Wed"), Words("周四", "Thu"), Words("周五", "Fri"),
    Words("周六", "Sat"), Words("周日", "Sun"),
)  # fmt: skip


def reason(
    year: Words,
    kinds: Sequence[str],
    count: int,
    days: Sequence[int],
    hours: Sequence[int],
    in_window: bool,
    lately: Words = NOTHING,
) -> Words:
    """The sentence for a hotspot.

    `year`: which year's reports these are; `kinds`: its main kinds as the file words them, none where they may not be
    named; `count`: reports in that year (told as a bucket);
    `days`: weekdays 0-6 that stand out; `hours`: its peak hours in order; `in_window`: whether the peak
    meets the patrol's window; `lately`: a sentence on what happened nearby of late, if anything.
    """
    bucket = next(words for least, words in BUCKETS if count >= least)
    named = [kind_words(kind) for kind in kinds] or [UNNAMED]
    what_zh, what_en = "、".join(kind.zh for kind in named), " and ".join(kind.en for kind in named)
    when = _when(days, hours)
    zh, en = (
        f"{year.zh}这里报过{what_zh}（{bucket.zh}）",
        f"Residents reported {what_en} here {year.en} ({bucket.en})",
    )
    more_zh, more_en = lately.zh, f" {lately.en}".rstrip()
    if not when.zh:
        return Words(f"{zh}。{more_zh}", f"{en}.{more_en}")
    if in_window:
        return Words(
            f"{zh}，多在{when.zh}，与这次巡逻的时段相合。{more_zh}",
            f"{en}, mostly {when.en}, the hours of this patrol.{more_en}",
        )
    return Words(f"{zh}，多在{when.zh}。{more_zh}", f"{en}, mostly {when.en}.{more_en}")


def _when(days: Sequence[int], hours: Sequence[int]) -> Words:
    if not hours:
        return Words("", "")
    first, after_last = hours[0], (hours[-1] + 1) % 24
    day = Words("、".join(DAYS[d].zh for d in days), ", ".join(DAYS[d].en for d in days))
    clock_zh, clock_en = f"{first}–{after_last or 24} 点", f"{first:02}:00–{after_last or 24:02}:00"
    return Words(f"{day.zh} {clock_zh}", f"{day.en} {clock_en}".strip())
