"""The registry of task kinds."""

import pytest

from backend.tasks.checking import door_errors
from backend.tasks.kinds import KINDS


def test_every_kind_can_be_posted_from_a_template() -> None:
    """A kind has a template, texts in both languages, and defaults that a form accepts."""
    assert set(KINDS) == {
        "patrol",
        "fixed_post",
        "prevention_talk",
        "mediation",
        "visit",
        "help_request",
        "free_patrol",
    }
    for kind in KINDS.values():
        assert kind.template(None) is not None
        assert kind.template("no such template") is None
        assert 1 <= kind.default_seats <= 50 and 0 <= kind.default_points <= 100 and kind.default_minutes > 0
        keys = [template.key for template in kind.templates]
        assert len(set(keys)) == len(keys)
        for template in kind.templates:
            assert template.title_zh and template.title_en and template.do_zh and template.do_en
            assert len(template.title_zh) <= 80 and len(template.title_en) <= 120


def test_no_text_asks_people_to_chase() -> None:
    """Volunteers see, help and report; no template tells them to catch or block anybody."""
    for kind in KINDS.values():
        for template in kind.templates:
            for word in ("抓", "堵截", "悬赏", "通缉"):
                assert word not in template.title_zh + template.do_zh


@pytest.mark.parametrize(
    "text",
    ["榕东里 3 幢 2 单元", "12号楼", "学院路61号501室", "Flat 12, River Road", "电话 13900001111", "apt. 4"],
)
def test_a_door_or_a_telephone_is_seen(text: str) -> None:
    """What every volunteer reads must not lead to somebody's home."""
    assert [error.field for error in door_errors({"title_zh": "调解", "place.name": text})] == ["place.name"]


@pytest.mark.parametrize(
    "text", ["石坊社区调解室", "学院路61号服务中心", "12345 转来", "", None, "Room for all"]
)
def test_a_place_to_meet_is_no_door(text: str | None) -> None:
    """A street's number is where a service point is, and a hotline is nobody's telephone."""
    assert door_errors({"place.name": text}) == []
