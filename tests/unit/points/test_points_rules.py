"""What a patrol earns."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.errors import InvalidPoints
from points.explanation import Line
from points.rules import (
    CURRENT,
    RULES,
    DeedFacts,
    PatrolFacts,
    check_rules,
    earn_deed,
    earn_patrol,
    share_out,
)
from points.wording import rules_in_words, words_of

POSTED = PatrolFacts(
    minutes=90,
    night=False,
    stops_dwelt=6,
    stops_planned=6,
    handled_matters=0,
    posted=True,
    outcome="accepted",
)
FREE = replace(POSTED, posted=False, stops_dwelt=0, stops_planned=0)

FACTS = st.builds(
    PatrolFacts,
    minutes=st.integers(0, 600),
    night=st.booleans(),
    stops_dwelt=st.integers(0, 12),
    stops_planned=st.integers(0, 12),
    handled_matters=st.integers(0, 40),
    posted=st.booleans(),
    outcome=st.sampled_from(["accepted", "partial"]),
    promised=st.none() | st.integers(0, 200),
)


@pytest.mark.parametrize(
    ("facts", "total", "codes"),
    [
        (POSTED, 16, ["posted_patrol", "stops"]),
        (replace(POSTED, night=True), 21, ["posted_patrol", "night", "stops"]),
        (replace(POSTED, handled_matters=2), 20, ["posted_patrol", "stops", "handled_matters"]),
        (replace(POSTED, promised=25), 25, ["posted_patrol"]),
        (replace(POSTED, promised=25, night=True), 25, ["posted_patrol", "night"]),
        (replace(POSTED, promised=3, night=True), 3, ["posted_patrol"]),
        (replace(FREE, promised=25), 5, ["free_patrol"]),
        (FREE, 5, ["free_patrol"]),
        (replace(FREE, night=True), 10, ["free_patrol", "night"]),
    ],
)
def test_a_patrol_earns_by_the_table(facts: PatrolFacts, total: int, codes: list[str]) -> None:
    """Ten for a posted patrol, five more at night, two a handled matter, and less for a free one."""
    earning = earn_patrol(facts, already_earned_today=0)
    assert earning.total == total
    assert [line.code for line in earning.lines] == codes
    assert earning.version == CURRENT.version


def test_handled_matters_are_capped() -> None:
    """More matters than the maximum earn no more, and the line says how many counted."""
    earning = earn_patrol(replace(POSTED, handled_matters=9), already_earned_today=0)
    assert earning.total == 26
    assert earning.lines[-1].params == {"counted": 5, "reported": 9, "each": 2}


@pytest.mark.parametrize(
    ("dwelt", "planned", "total"), [(3, 6, 8), (1, 6, 2), (0, 6, 0), (6, 6, 16), (0, 0, 5)]
)
def test_a_partial_patrol_earns_its_share(dwelt: int, planned: int, total: int) -> None:
    """The share of stops dwelt at, rounded down; half when no stops were planned."""
    facts = replace(POSTED, outcome="partial", stops_dwelt=dwelt, stops_planned=planned)
    assert earn_patrol(facts, already_earned_today=0).total == total


def test_a_short_free_patrol_earns_nothing_and_says_why() -> None:
    """Walking out of the door and back is no patrol."""
    earning = earn_patrol(replace(FREE, minutes=19, night=True), already_earned_today=0)
    assert earning.total == 0
    assert earning.lines[-1].code == "too_short"
    assert earning.lines[-1].params == {"minutes": 19, "minutes_min": 20}
    assert earn_patrol(replace(FREE, minutes=20), already_earned_today=0).total == 5


def test_the_day_is_capped_and_the_line_explains_it() -> None:
    """The sixtieth point of a day is the last, and the difference is a line of its own."""
    earning = earn_patrol(replace(POSTED, night=True), already_earned_today=52)
    assert earning.total == 8
    assert (earning.lines[-1].code, earning.lines[-1].points) == ("daily_cap", -13)
    assert earning.lines[-1].params == {"cap": 60, "earned_today": 52}
    assert earn_patrol(POSTED, already_earned_today=75).total == 0
    assert earn_patrol(POSTED, already_earned_today=50).total == 10


@given(facts=FACTS, already=st.integers(0, 200))
def test_lines_always_add_up_within_the_cap(facts: PatrolFacts, already: int) -> None:
    """Whatever the facts: the lines sum to the total, which is never negative nor above the day's room."""
    earning = earn_patrol(facts, already_earned_today=already)
    assert earning.total == sum(line.points for line in earning.lines)
    assert 0 <= earning.total <= max(0, CURRENT.daily_cap - already)
    assert earning == earn_patrol(facts, already_earned_today=already)


@given(facts=FACTS)
def test_a_free_patrol_never_earns_more_than_a_posted_one(facts: PatrolFacts) -> None:
    """The same walk as a posted task that promises nothing of its own is worth at least as much."""
    free = earn_patrol(replace(facts, posted=False), already_earned_today=0)
    posted = earn_patrol(replace(facts, posted=True, promised=None), already_earned_today=0)
    assert free.total <= posted.total


def test_impossible_counts_are_refused_by_name() -> None:
    """A negative count is named, with its value."""
    with pytest.raises(ValueError, match="stops_dwelt is -1"):
        earn_patrol(replace(POSTED, stops_dwelt=-1), already_earned_today=0)
    with pytest.raises(ValueError, match="already_earned_today is -3"):
        earn_patrol(POSTED, already_earned_today=-3)


def test_versions_are_kept() -> None:
    """A version is found under its number, so that an old earning can be explained again."""
    assert all(number == rules.version for number, rules in RULES.items())
    assert CURRENT is RULES[max(RULES)]


def test_version_one_stays_as_it_was() -> None:
    """Nothing for stops, no reviewer's cap: what was explained by version 1 can be computed again."""
    earning = earn_patrol(POSTED, already_earned_today=0, earned_from_reviewer=10_000, rules=RULES[1])
    assert (earning.total, earning.version) == (10, 1)


def test_one_reviewer_gives_only_so_much() -> None:
    """What is above the cap is taken off in a line that says so, before the cap of the day."""
    earning = earn_patrol(POSTED, already_earned_today=0, earned_from_reviewer=CURRENT.reviewer_cap - 4)
    assert earning.total == 4
    assert earning.lines[-1].code == "reviewer_cap"
    assert earning.lines[-1].params == {"cap": CURRENT.reviewer_cap, "earned": CURRENT.reviewer_cap - 4}


def test_a_promise_covers_the_stops() -> None:
    """What the task promised is what is given, to the point."""
    assert earn_patrol(replace(POSTED, promised=25), already_earned_today=0).total == 25


@given(total=st.integers(0, 1_000), weights=st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_a_share_is_fair_to_the_point(total: int, weights: list[int]) -> None:
    """Shares add up, and nobody is a whole point away from their exact part."""
    shares = share_out(total, weights)
    assert sum(shares) == total
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"free_patrol": 10}, "free_patrol"),
        ({"daily_cap": 12}, "daily_cap"),
        ({"night": -1}, "night"),
        ({"points_last_days": 30}, "points_last_days"),
        ({"talk": 10_001}, "talk"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_name(change: dict[str, int], field: str) -> None:
    """Above all: a free patrol earns less than a posted one."""
    with pytest.raises(InvalidPoints) as refused:
        check_rules(replace(CURRENT, **change))
    assert refused.value.params["field"] == field
    check_rules(CURRENT)


def test_every_line_has_words_in_both_languages() -> None:
    """Whatever the rules may say of a patrol or a deed, a person can read it; a line of old days too."""
    facts = replace(POSTED, handled_matters=9, night=True, outcome="partial", stops_dwelt=2)
    lines = [
        *earn_patrol(facts, already_earned_today=50, earned_from_reviewer=590).lines,
        *earn_patrol(replace(FREE, minutes=3), already_earned_today=0).lines,
        *earn_deed(DeedFacts(kind="mediation", weights=(1, 2)), already_earned_today=0, rules=CURRENT).lines,
        Line(code="points_expired", points=-3),
    ]
    for line in lines:
        zh, en = words_of(line)
        assert zh and en and "{" not in zh + en, line
    assert words_of(lines[-1])[1] == "Ended after – days"
    assert words_of(Line(code="newer", points=1)) == ("", "")
    assert all(zh and en for _, _, zh, en in rules_in_words(CURRENT))
