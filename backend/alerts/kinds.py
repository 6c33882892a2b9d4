"""The kinds of alert: each is one entry here, with the words that messages and screens use for it."""

import msgspec

KEEP_AWAY_ZH = "只观察、报告，不靠近、不追赶。"
KEEP_AWAY_EN = "Observe and report only. Do not approach or follow."
"""The line that every alert carries."""


class AlertKind(msgspec.Struct, frozen=True):
    """A kind of alert; `cap_category` is its category in the Common Alerting Protocol."""

    kind: str
    title_zh: str
    title_en: str
    what_to_look_for_en: str
    cap_category: str


ALERT_KINDS = {
    each.kind: each
    for each in (
        AlertKind(
            kind="missing_person",
            title_zh="寻人协查",
            title_en="Missing person",
            what_to_look_for_en="Open for clothing, behaviour and direction.",
            cap_category="Rescue",
        ),
    )
}
