"""The registry of task kinds."""

from backend.tasks.kinds import KINDS


def test_every_kind_can_be_posted_from_a_template() -> None:
    """A kind has a template, texts in both languages, and defaults that a form accepts."""
    assert set(KINDS) == {"patrol", "fixed_post", "prevention_talk", "free_patrol"}
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
