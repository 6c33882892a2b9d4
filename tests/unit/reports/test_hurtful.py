"""Words that judge people are found however they are written, and hardly anything else is."""

import pytest

from backend.reports.hurtful import common_words, found_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("一个乡巴佬在路口", ["乡巴佬"]),
        ("一个 乡·巴-佬", ["乡巴佬"]),
        ("乡巴佬，又是乡巴佬；洋鬼子", ["乡巴佬", "洋鬼子"]),
        ("Two PAKIS by the gate", ["paki"]),
        ("ｐａｋｉ at the gate", ["paki"]),
        ("新疆烤肉摊挡了盲道", []),
        ("河南路口的井盖松了", []),
        ("阿三和阿四在下棋", []),
        ("He spoke of Pakistan, chinking glasses, spices and a kiosk", []),
        ("老人在湖北路迷路了，操外地口音", []),
        ("", []),
    ],
)
def test_found(text: str, found: list[str]) -> None:
    """Across spaces and marks in Chinese, as a whole word elsewhere, whatever the case or width; street names are none."""
    assert found_in(text, common_words()) == found


def test_the_list_is_clean() -> None:
    """Each word stands once, and each finds itself."""
    words = common_words()
    assert len(set(words)) == len(words) > 20
    assert all(word in found_in(word, words) for word in words)
