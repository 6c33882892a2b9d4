"""What `lexun evaluate` prints: sentences and tables for people, or one object for machines."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from routing.community_file import Community
from routing.evaluate import SURE_WEEKS_MIN, Figures, Walked, figures, in_words
from routing.fairness import Shares, counted_by_outline, shares
from routing.forecast_cli import speaks_chinese
from routing.incident import Incident
from routing.kinds import KindRule, rule_of
from routing.near_repeat import NearRepeat
from routing.outlook import Outlook
from routing.outlook_doubt import Sure
from routing.outlook_spots import Hotspot, spots
from routing.words import Words

SPOTS_SHOWN = 10
KINDS_SHOWN = 20
PATROLS_OVER = timedelta(days=28)
OLD_AFTER = timedelta(days=3)
RANGES = ("hit_rate_range", "pai_range", "pei_range", "against_count_range")
SURENESS: dict[Sure, Words] = {
    "firm": Words("较有把握", "rather sure"),
    "fair": Words("大致如此", "roughly so"),
    "thin": Words("把握不大", "not very sure"),
}
LEVELS = {
    "above": Words("超过两倍", "over twice"), "below": Words("不到一半", "under half"),
    "usual": Words("", ""), "unknown": Words("", ""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was found: the weeks walked, what repeats nearby, the coming week, the incidents of the wanted kinds, the
    district's rules, the hours looked at (None: all), and its communities (None: not told)."""

    walked: Walked
    near_repeat: tuple[NearRepeat, ...]
    outlook: Outlook
    incidents: list[Incident]
    rules: dict[str, KindRule]
    hours: NDArray[np.bool_] | None
    communities: list[Community] | None

    @property
    def weeks(self) -> int:
        """How many weeks were walked."""
        return len(self.walked.happened)

    @property
    def has_ranges(self) -> bool:
        """Whether the weeks are enough for ranges: few pairs of weeks drawn anew are always the same."""
        return self.weeks >= SURE_WEEKS_MIN

    def first_places(self) -> tuple[Hotspot, ...]:
        """The places where a patrol is worth most."""
        return spots(self.outlook, self.hours, limit=SPOTS_SHOWN)

    def kinds(self) -> list[tuple[str, int, KindRule]]:
        """Each kind with how many incidents and its rule, the commonest first."""
        many = Counter(each.kind for each in self.incidents)
        order = sorted(many.items(), key=lambda one: (-one[1], one[0]))
        return [(kind, count, rule_of(kind, self.rules)) for kind, count in order]

    def fairness(self) -> Shares | None:
        """What each community got, over the last 28 days of the file."""
        if self.communities is None:
            return None
        late = [
            each
            for each in self.incidents
            if each.source == "report"
            and self.outlook.starts_at - PATROLS_OVER <= each.at < self.outlook.starts_at
        ]
        counted = counted_by_outline(
            [each.outline for each in self.communities],
            np.array([each.lon for each in late]),
            np.array([each.lat for each in late]),
        )
        return shares(
            [each.minutes for each in self.communities],
            [each.residents for each in self.communities],
            counted,
        )


def as_json(found: Evaluation) -> dict[str, Any]:
    """One object; a range that so few weeks cannot give is null."""
    walked, outlook, week = found.walked, found.outlook, found.outlook.last_week
    compared = found.fairness()
    return {
        "weeks": found.weeks,
        "cells": walked.cells,
        "incidents": float(walked.happened.sum()),
        "weeks_by_model": _weeks_by_model(walked),
        "figures": [_figures_json(each, found.has_ranges) for each in figures(walked)],
        "words": asdict(in_words(figures(walked), found.weeks)),
        "near_repeat": [asdict(each) for each in found.near_repeat],
        "left_out": {kind: count for kind, count, rule in found.kinds() if not rule.used},
        "kinds": [
            {
                "kind": kind,
                "incidents": count,
                "weight": rule.weight,
                "counted": rule.used,
                "private": rule.private,
            }
            for kind, count, rule in found.kinds()
        ],
        "data": {
            "oldest_at": outlook.oldest_at.isoformat(),
            "newest_at": outlook.newest_at.isoformat(),
            "age_days": (datetime.now(UTC) - outlook.newest_at).days,
        },
        "choice": {**asdict(outlook.choice), "words": asdict(outlook.choice_words)},
        "last_week": {**asdict(week), "starts_on": f"{week.starts_on}", "ends_on": f"{week.ends_on}"}
        if week
        else None,
        "places": [asdict(each) for each in found.first_places()],
        "fairness": _fairness_json(found, compared) if compared else None,
    }


def _figures_json(each: Figures, has_ranges: bool) -> dict[str, Any]:
    told = asdict(each)
    return told if has_ranges else {**told, **dict.fromkeys(RANGES)}


def _fairness_json(found: Evaluation, compared: Shares) -> dict[str, Any]:
    communities = found.communities or []
    return {
        **asdict(compared),
        "communities": [
            {"name": each.name, "residents": each.residents, "minutes": each.minutes, **asdict(share)}
            for each, share in zip(communities, compared.communities, strict=True)
        ],
    }


def _weeks_by_model(walked: Walked) -> int:
    return sum(choice.way == "mixture" for choice in walked.choices)


def print_report(found: Evaluation) -> None:
    """Sentences and tables on standard output."""
    console = Console(width=110, highlight=False)
    _print_age(console, found)
    _print_places(console, found)
    if found.outlook.last_week:
        _say(console, found.outlook.last_week.words)
    _say(console, found.outlook.choice_words)
    console.print()
    _print_weeks(console, found)
    console.print()
    _print_kinds(console, found)
    if compared := found.fairness():
        console.print()
        _print_fairness(console, found, compared)


def _print_age(console: Console, found: Evaluation) -> None:
    outlook = found.outlook
    old = datetime.now(UTC) - outlook.newest_at
    zh = f"{outlook.learned_from} 起居民报警，{outlook.oldest_at:%Y-%m-%d} 至 {outlook.newest_at:%Y-%m-%d}"
    en = f"{outlook.learned_from} residents' reports, {outlook.oldest_at:%Y-%m-%d} to {outlook.newest_at:%Y-%m-%d}"
    late_zh, late_en = f"；最新一起距今已 {old.days} 天", f"; the newest is {old.days} days old"
    if old <= OLD_AFTER:
        late_zh = late_en = ""
    _say(console, Words(f"{zh}{late_zh}。", f"{en}{late_en}."))


def _print_places(console: Console, found: Evaluation) -> None:
    table = _table_of(Words("#", "#"), Words("经度,纬度", "lon,lat"), Words("预计每周", "a week"),
                      Words("八成把握", "80 %"), Words("把握", "sure"), Words("理由", "reason"))  # fmt: skip
    for rank, spot in enumerate(found.first_places(), start=1):
        table.add_row(
            str(rank), f"{spot.lon:.5f},{spot.lat:.5f}", f"{spot.expected:.2f}", f"{spot.low:.2f}-{spot.high:.2f}",
            _told(SURENESS[spot.sure]), _told(spot.reason),
        )  # fmt: skip
    console.print(table)


def _print_weeks(console: Console, found: Evaluation) -> None:
    walked, weeks = found.walked, found.weeks
    lost = int((walked.met[:, 1] < walked.met_by_count[:, 1]).sum())
    by_model, happened = _weeks_by_model(walked), f"{walked.happened.sum():.0f}"
    _say(
        console,
        Words(
            f"{weeks} 周，{walked.cells} 个网格，{happened} 起警情；其中 {by_model} 周的地图由模型做出，其余按计数",
            f"{weeks} weeks, {walked.cells} cells, {happened} incidents; the model made {by_model} of the maps, the "
            "count the others",
        ),
    )
    measured = figures(walked)
    console.print(_figures_table(measured, found.has_ranges))
    if not found.has_ranges:
        _say(
            console,
            Words(
                f"不足 {SURE_WEEKS_MIN} 周，说不出把握多大，所以没有给出区间；请用 --weeks 多看几周。",
                f"Under {SURE_WEEKS_MIN} weeks say nothing of how sure the figures are, so no range is given; walk more "
                "with --weeks.",
            ),
        )
    _say(
        console,
        Words(
            f"2% 处命中少于计数的有 {lost} 周（共 {weeks} 周）",
            f"fewer hits than the count at 2 % in {lost} of {weeks} weeks",
        ),
    )
    for words in (in_words(measured, weeks), *(each.words for each in found.near_repeat)):
        _say(console, words)


def _figures_table(measured: tuple[Figures, ...], has_ranges: bool) -> Table:
    range_title, count = Words("95%", "95 %"), Words("计数", "count")
    table = _table_of(
        Words("面积", "area"), Words("命中率", "hit rate"), range_title, count, Words("PAI", "PAI"), count,
        Words("PEI", "PEI"), range_title, count, Words("对计数", "x count"), range_title,
    )  # fmt: skip

    def ends(given: tuple[float, float]) -> str:
        return "{:.3f}-{:.3f}".format(*given) if has_ranges else "–"

    for each in measured:
        table.add_row(
            f"{each.share:.0%}", f"{each.hit_rate:.3f}", ends(each.hit_rate_range), f"{each.count_hit_rate:.3f}",
            f"{each.pai:.1f}", f"{each.count_pai:.1f}", f"{each.pei:.3f}", ends(each.pei_range), f"{each.count_pei:.3f}",
            f"{each.against_count:.3f}", ends(each.against_count_range),
        )  # fmt: skip
    return table


def _print_kinds(console: Console, found: Evaluation) -> None:
    table = _table_of(
        Words("类别", "kind"), Words("起数", "incidents"), Words("权重", "weight"), Words("", "")
    )
    listed = found.kinds()
    for kind, count, rule in listed[:KINDS_SHOWN]:
        why = _told(rule.why) if rule.why and not rule.used else ""
        table.add_row(kind, str(count), f"{rule.weight:g}" if rule.used else "–", why)
    console.print(table)
    if len(listed) > KINDS_SHOWN:
        more = len(listed) - KINDS_SHOWN
        _say(console, Words(f"另有 {more} 个类别。", f"{more} more kinds."))


def _print_fairness(console: Console, found: Evaluation, compared: Shares) -> None:
    table = _table_of(
        Words("社区", "community"), Words("巡逻分钟", "patrol min"), Words("每千人", "per 1,000"), Words("", ""),
        Words("每起警情", "per incident"), Words("", ""),
    )  # fmt: skip
    for community, share in zip(found.communities or [], compared.communities, strict=True):
        table.add_row(
            community.name, f"{community.minutes:.0f}", _figure(share.per_1000_residents),
            _told(LEVELS[share.residents_level]), _figure(share.per_incident), _told(LEVELS[share.incident_level]),
        )  # fmt: skip
    console.print(table)
    _say(
        console,
        Words(
            f"中位数：每千人 {_figure(compared.median_per_1000_residents)} 分，每起警情 "
            f"{_figure(compared.median_per_incident)} 分；只为均衡，不评好坏。",
            f"Median: {_figure(compared.median_per_1000_residents)} min per 1,000 residents, "
            f"{_figure(compared.median_per_incident)} per incident; it is about being even, not about blame.",
        ),
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _table_of(*titles: Words) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(
            _told(title), justify="left" if title.en in ("reason", "kind", "community", "") else "right"
        )
    return table


def _say(console: Console, words: Words) -> None:
    console.print(_told(words), soft_wrap=True, markup=False)


def _told(words: Words) -> str:
    return words.zh if speaks_chinese() else words.en
