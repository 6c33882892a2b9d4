"""The reasons of points in whole sentences, Chinese and English, for people to read line by line."""

from collections.abc import Mapping

from points.explanation import Line, Parameter
from points.rules import PatrolRules

_WORDS: dict[str, tuple[str, str]] = {
    "posted_patrol": ("完成发布的巡逻（{minutes} 分钟）", "A posted patrol ({minutes} minutes)"),
    "free_patrol": ("自由巡逻（{minutes} 分钟）", "A free patrol ({minutes} minutes)"),
    "night": ("夜间巡逻", "At night"),
    "stops": ("真正停留了 {counted} 个点位，每个 {each} 分", "{counted} stops really dwelt at, {each} each"),
    "handled_matters": ("顺手办了 {reported} 件事，计 {counted} 件，每件 {each} 分",
                        "{reported} matters handled, {counted} counted, {each} each"),
    "handled_matter": ("办成一件事", "A handled matter"),
    "mediation": ("调解一起纠纷", "A mediated dispute"),
    "talk": ("一次宣讲", "A talk"),
    "share": ("按约定与 {people} 人分享", "Shared among {people} people as agreed"),
    "partial": ("部分完成：停留 {stops_dwelt}/{stops_planned} 个点位", "Done in part: {stops_dwelt} of {stops_planned} stops"),
    "too_short": ("自由巡逻不足 {minutes_min} 分钟不计分", "A free patrol under {minutes_min} minutes earns nothing"),
    "daily_cap": ("每天最多 {cap} 分，今天已得 {earned_today} 分", "At most {cap} a day; {earned_today} earned before"),
    "reviewer_cap": ("同一审核人 30 天内最多给 {cap} 分，已给 {earned} 分",
                     "One reviewer gives at most {cap} in 30 days; {earned} given before"),
    "budget": ("本期积分预算只剩 {left} 分", "The budget of this period had {left} left"),
    "voucher_purchase": ("兑换 {title_zh}", "Bought {title_en}"),
    "voucher_again": ("撤销核销后，重新预留 {title_zh}", "Set aside again for {title_en}, whose use was undone"),
    "points_expired": ("满 {days} 天，到期", "Ended after {days} days"),
    "reversal": ("冲正：{reason}", "Taken back: {reason}"),
}  # fmt: skip


class _Known(dict[str, Parameter]):
    """Parameters of an older line may lack what today's words name; a dash stands for it."""

    def __missing__(self, key: str) -> str:
        return "–"


def words_of(line: Line) -> tuple[str, str]:
    """The line as a sentence, Chinese and English; a code without words stays empty."""
    zh, en = _WORDS.get(line.code, ("", ""))
    params: Mapping[str, Parameter] = _Known(line.params)
    return zh.format_map(params), en.format_map(params)


def rules_in_words(rules: PatrolRules) -> list[tuple[str, int, str, str]]:
    """What earns what: code, points and the sentence in both languages; what earns nothing is left out."""
    rows = [
        ("posted_patrol", rules.posted_patrol, "发布的巡逻，除非任务另有写明", "A posted patrol, unless its task says otherwise"),
        ("free_patrol", rules.free_patrol, f"自由巡逻，至少 {rules.free_minutes_min} 分钟",
         f"A free patrol of at least {rules.free_minutes_min} minutes"),
        ("night", rules.night, "夜间另加", "More at night"),
        ("stops", rules.stop_dwelt, f"每个真正停留的点位，最多计 {rules.stops_max} 个",
         f"Each stop really dwelt at, up to {rules.stops_max}"),
        ("handled_matters", rules.handled_matter, f"每件顺手办的事，最多计 {rules.handled_matters_max} 件",
         f"Each matter handled on the way, up to {rules.handled_matters_max}"),
        ("mediation", rules.mediation, "调解一起纠纷，几个人按约定分", "A mediated dispute, shared as agreed"),
        ("talk", rules.talk, "一次宣讲，几个人按约定分", "A talk, shared as agreed"),
        ("daily_cap", rules.daily_cap, "每人每天最多", "At most for one person a day"),
        ("reviewer_cap", rules.reviewer_cap, "同一审核人 30 天内最多给一个人", "At most from one reviewer to one person in 30 days"),
        ("points_last_days", rules.points_last_days, "积分有效天数，先得的先到期", "Days that points last; the oldest end first"),
    ]  # fmt: skip
    return [row for row in rows if row[1] > 0]
