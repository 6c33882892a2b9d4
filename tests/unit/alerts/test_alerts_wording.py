"""The wording check: what an alert may not say, and what it may."""

import pytest

from backend.alerts.kinds import ALERT_KINDS, KEEP_AWAY_EN, KEEP_AWAY_ZH
from backend.alerts.wording import BOUNTY_EN, BOUNTY_ZH, CHASE_EN, CHASE_ZH, refused_word, wording_errors


@pytest.mark.parametrize("word", [*BOUNTY_ZH, *CHASE_ZH])
def test_every_listed_chinese_word_is_refused(word: str) -> None:
    """In the middle of a sentence as anyone would write it."""
    assert refused_word(f"老人走失，{word}，请大家留意") is not None


@pytest.mark.parametrize("word", [*BOUNTY_EN, *CHASE_EN])
def test_every_listed_english_word_is_refused(word: str) -> None:
    """Whatever its capitals."""
    assert refused_word(f"Please {word.title()} near the bridge") is not None


@pytest.mark.parametrize(
    "text",
    [
        "悬 赏五千元",
        "悬·赏",
        "重\u200b金",
        "见到请立即抓住",
        "发现后堵截去路",
        "ＲＥＷＡＲＤ offered",
        "A reward of 500 is offered",
        "There is no reward",
        "不要走开，追捕他",
    ],
)
def test_disguises_are_seen_through(text: str) -> None:
    """Spaces, dots, invisible characters and full-width letters do not hide a word."""
    assert refused_word(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "女童，6 岁，红色校服，蓝色书包",
        "身穿蓝色制服，手里抓着一只布熊",
        "扶着栏杆慢慢走，听力不好",
        "往望江路方向走去",
        "请勿追赶",
        "切勿围堵，保持距离",
        "不要试图拦住他",
        "Do not chase or follow",
        "Never try to catch him",
        "Last seen at the bus stop, unwanted attention frightens her",
        KEEP_AWAY_ZH,
        KEEP_AWAY_EN,
        "",
    ],
)
def test_plain_descriptions_and_warnings_pass(text: str) -> None:
    """Clothing, behaviour and direction are what alerts are made of; telling people not to chase is welcome."""
    assert refused_word(text) is None


def test_the_sentence_and_the_field_are_named() -> None:
    """Each wrong sentence is quoted, in its own field; the others are left in peace."""
    errors = wording_errors(
        {"headline_zh": "寻找走失老人", "behaviour_zh": "走路缓慢。发现后请抓住他！有重金酬谢。"}
    )
    assert [(error.field, error.code, error.value) for error in errors] == [
        ("behaviour_zh", "wording", "发现后请抓住他！"),
        ("behaviour_zh", "wording", "有重金酬谢。"),
    ]
    assert "抓住" in errors[0].message


def test_every_kind_speaks_plainly_in_both_languages() -> None:
    """The product's own words pass the product's own check."""
    for kind in ALERT_KINDS.values():
        assert (
            wording_errors({"zh": kind.title_zh, "en": f"{kind.title_en} {kind.what_to_look_for_en}"}) == []
        )
        assert kind.title_zh and kind.title_en
