"""Words that judge people by where they come from: found in a report, they warn its reporter and have the desk look first.

Nothing is refused for them: what was seen may matter all the same, and a list cannot know what was meant.
"""

import functools
import re
import unicodedata
import uuid
from collections.abc import Iterable
from pathlib import Path

from backend.areas import service as areas
from backend.core import audit, clock
from backend.core.db import atomic, execute, rows
from backend.core.problems import FieldError, InvalidFields
from backend.core.roles import POLICE_ROLES
from backend.core.sessions import Actor
from backend.reports.schemas import ListedWord, WordChange, WordList

COMMON_LIST = Path(__file__).with_name("hurtful_words.txt")
OWN_MAX = 300
_NO_LETTER = re.compile(r"[\W_]+")


@functools.cache
def common_words() -> tuple[str, ...]:
    """The words that every district begins with."""
    lines = (line.strip() for line in COMMON_LIST.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def found_in(text: str, words: Iterable[str]) -> list[str]:
    """The words that a text has, each once, in the order of `words`."""
    plain = _plain(text)
    joined = _NO_LETTER.sub("", plain)
    return [word for word in dict.fromkeys(words) if _is_in(_plain(word), plain, joined)]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_in(word: str, plain: str, joined: str) -> bool:
    if word.isascii():
        return re.search(rf"(?<![a-z]){re.escape(word)}s?(?![a-z])", plain) is not None
    return _NO_LETTER.sub("", word) in joined


async def looked_for(district_id: uuid.UUID) -> list[str]:
    """What is looked for in a district's reports: the common words and its own, without those it took away."""
    own = await _own(district_id)
    kept = [word for word in common_words() if own.get(word, True)]
    return [*kept, *(word for word, wanted in own.items() if wanted and word not in kept)]


async def _own(district_id: uuid.UUID) -> dict[str, bool]:
    found = await rows(
        "SELECT word, looked_for FROM report_word WHERE area_id = ? ORDER BY set_at, word", district_id
    )
    return {str(each["word"]): bool(each["looked_for"]) for each in found}


async def word_list(actor: Actor, area_id: uuid.UUID) -> WordList:
    """The words that are looked for where this area lies, for its police."""
    area = await areas.visible(actor, area_id)
    actor.require_any(POLICE_ROLES, area.path)
    return await _list(await areas.district_of(area))


async def _list(district: areas.Area) -> WordList:
    common = set(common_words())
    return WordList([ListedWord(word, word not in common) for word in await looked_for(district.id)])


@atomic
async def change_word(actor: Actor, wanted: WordChange) -> WordList:
    """Have a word looked for in the district's reports from now on, or no longer. Again, it changes nothing.

    Raises `InvalidFields` for a word without two letters, or one too many.
    """
    area = await areas.visible(actor, wanted.area_id)
    actor.require_any(POLICE_ROLES, area.path)
    district = await areas.district_of(area)
    word = " ".join(wanted.word.split())
    if len(_NO_LETTER.sub("", word)) < 2:
        raise InvalidFields([FieldError("word", "too-short", "Write a word of two letters or more", word)])
    before = await looked_for(district.id)
    if (word in before) == wanted.looked_for:
        return await _list(district)
    if wanted.looked_for and len(await _own(district.id)) >= OWN_MAX:
        message = f"A district has {OWN_MAX} words of its own at most; take some away first"
        raise InvalidFields([FieldError("word", "too-many", message, word)])
    await execute(
        "INSERT INTO report_word (area_id, word, looked_for, set_by, set_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (area_id, word) DO UPDATE SET looked_for = excluded.looked_for, set_by = excluded.set_by,"
        " set_at = excluded.set_at",
        district.id, word, wanted.looked_for, actor.user_id, clock.now(),
    )  # fmt: skip
    action = "report.word_added" if wanted.looked_for else "report.word_removed"
    await audit.record(actor, action, "area", district.id, area_id=district.id, details={"word": word})
    return await _list(district)
