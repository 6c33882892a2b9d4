"""The kinds of alert: each is one entry here, with the words that messages and screens use for it."""

import msgspec

KEEP_AWAY_ZH = "只观察、报告，不靠近、不追赶。"
KEEP_AWAY_EN = "Observe and report only. Do not approach or follow."
"""The line that every alert carries."""
EXERCISE_ZH = "【演练】"
EXERCISE_EN = "[Exercise] "
"""What every text of a practice alert begins with."""


class AlertKind(msgspec.Struct, frozen=True):
    """A kind of alert.

    `subjects` are whom it may be about, where that matters; for those of `alone` one signature is enough to send it.
    `cap_category` and `cap_response` are its category and response type in the Common Alerting Protocol.
    """

    kind: str
    title_zh: str
    title_en: str
    what_to_look_for_en: str
    cap_category: str
    cap_response: str = "Monitor"
    subjects: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


ALERT_KINDS = {
    each.kind: each
    for each in (
        AlertKind(
            kind="missing_person",
            title_zh="寻人协查",
            title_en="Missing person",
            what_to_look_for_en="Open for clothing, behaviour and direction.",
            cap_category="Rescue",
            subjects=("child", "elder", "adult"),
            alone=("child", "elder"),
        ),
        AlertKind(
            kind="person_sought",
            title_zh="协查线索征集",
            title_en="Help sought: a person",
            what_to_look_for_en="Open for clothing, behaviour and direction.",
            cap_category="Security",
        ),
        AlertKind(
            kind="vehicle",
            title_zh="车辆协查",
            title_en="Help sought: a vehicle",
            what_to_look_for_en="Open for make, colour, plate and direction.",
            cap_category="Security",
        ),
        AlertKind(
            kind="danger",
            title_zh="危险提示",
            title_en="Danger to avoid",
            what_to_look_for_en="Open for what it is and where; keep clear of it.",
            cap_category="Safety",
            cap_response="Avoid",
        ),
    )
}


def titles(kind: str, *, exercise: bool) -> tuple[str, str]:
    """What an alert of the kind is called, in Chinese and English; a practice alert says so."""
    words = ALERT_KINDS[kind]
    if exercise:
        return EXERCISE_ZH + words.title_zh, EXERCISE_EN + words.title_en
    return words.title_zh, words.title_en
