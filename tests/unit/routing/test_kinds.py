"""Kinds must be known by their names, in both languages, or left as the file words them."""

import pytest

from routing.kinds import KindRule, default_rule, is_grave, kind_words, may_repeat_nearby, rule_of


@pytest.mark.parametrize(
    "kind",
    [
        "家庭暴力",
        "强奸",
        "猥亵",
        "Domestic Violence",
        "SEXUAL ASSAULT",
        "夫妻纠纷",
        "Rape",
        "家庭成员纠纷",
        "感情纠纷",
        "恋爱纠纷",
        "奸淫幼女",
        "Lewd Conduct",
        "Offense Involving Children",
    ],
)
def test_domestic_and_sexual_kinds_are_private(kind: str) -> None:
    """They are never learned from nor shown, and say why in both languages."""
    rule = default_rule(kind)
    assert rule.private
    assert not rule.used
    assert rule.why is not None
    assert rule.why.zh


@pytest.mark.parametrize(
    "kind", ["吸毒", "赌博", "酒驾", "卖淫嫖娼", "Narcotics", "Drug Possession", "Prostitution", "DUI"]
)
def test_what_enforcement_finds_is_off(kind: str) -> None:
    """Kinds that checks bring to light are off, not private, and say why."""
    rule = default_rule(kind)
    assert not rule.used
    assert not rule.private
    assert rule.why is not None
    assert rule.why.en


@pytest.mark.parametrize(
    "kind",
    [
        "盗窃电动车",
        "邻里纠纷",
        "家庭被盗",
        "婚恋交友诈骗",
        "酒后滋事",
        "Theft of Vehicle",
        "Essex Road noise",
        "device damaged",
        "抢劫",
        "交通事故",
    ],
)
def test_usual_kinds_count(kind: str) -> None:
    """Everything else counts with weight 1."""
    assert default_rule(kind) == KindRule()


def test_the_district_goes_first() -> None:
    """A rule of the district replaces the usual one; a negative weight is no rule."""
    assert rule_of("赌博", {"赌博": KindRule(weight=2)}).used
    assert not rule_of("赌博", {}).used
    with pytest.raises(ValueError, match="weight -1"):
        KindRule(weight=-1)


def test_burglary_and_vehicle_theft_may_repeat() -> None:
    """By their names in both languages; thefts from vehicles and disputes do not."""
    for kind in (
        "入室盗窃",
        "盗窃电动车",
        "电动车被盗",
        "Break and Enter Commercial",
        "Theft of Vehicle",
        "burglary",
    ):
        assert may_repeat_nearby(kind), kind
    for kind in ("盗窃车内财物", "纠纷", "Theft from Vehicle", "扒窃", "Other Theft"):
        assert not may_repeat_nearby(kind), kind


def test_what_is_grave_is_the_districts_word_first() -> None:
    """By its name where the usual weight stands; by the weight where the district gave another."""
    for kind in ("抢劫", "入室盗窃", "打架斗殴", "Robbery", "Common Assault"):
        assert is_grave(kind, default_rule(kind)), kind
    assert not is_grave("纠纷", default_rule("纠纷"))
    assert is_grave("纠纷", KindRule(weight=3.0))
    assert not is_grave("抢劫", KindRule(weight=0.5))


def test_words_in_both_languages() -> None:
    """Known kinds are translated; others stand as they are."""
    assert kind_words("入室盗窃").en == "burglary"
    assert kind_words("Burglary").zh == "入室盗窃"
    assert kind_words("Xyz").zh == "“Xyz”"
