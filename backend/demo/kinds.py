"""Kinds that a harm table is for: some of the year's incidents are told as domestic, as found by enforcement, or as of a
kind that nobody has assigned yet."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from routing.incident import Incident
from routing.world import DISPUTE, DRUNK, NOISE

TOLD_AS = {
    DISPUTE: (7, "家庭纠纷", "report"),
    DRUNK: (12, "赌博", "patrol"),
    NOISE: (15, "宠物扰民", "report"),
}
"""Of a kind, every so many-th is told as another, from such a source."""


def with_delicate_kinds(year: Iterable[Incident]) -> list[Incident]:
    """The year, every seventh dispute within a family, and so on; always the same ones."""
    seen: Counter[str] = Counter()
    told: list[Incident] = []
    for each in year:
        seen[each.kind] += 1
        every, kind, source = TOLD_AS.get(each.kind, (0, "", each.source))
        changed = every and seen[each.kind] % every == 0
        told.append(replace(each, kind=kind, source=source) if changed else each)
    return told
