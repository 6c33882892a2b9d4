"""The wording check: an alert asks people to look and to report, so words of bounty and of the chase are refused."""

import re
import unicodedata
from collections.abc import Mapping

from backend.core.problems import FieldError

BOUNTY_ZH = ("悬赏", "赏金", "赏格", "重赏", "重金", "酬金", "酬谢金", "有偿举报")
CHASE_ZH = (
    "通缉", "追捕", "追赶", "追击", "追拿", "追缉", "缉拿", "抓捕", "抓住", "抓获", "抓人", "捉拿", "捉住", "逮捕", "逮住",
    "堵截", "拦截", "拦住", "围堵", "围捕", "围追", "截住", "扣住", "按住", "扭送", "别让他跑", "别让她跑",
)  # fmt: skip
BOUNTY_EN = ("reward", "rewards", "bounty", "bounties", "cash prize")
CHASE_EN = (
    "wanted", "catch", "capture", "chase", "chasing", "hunt", "hunting", "manhunt", "arrest", "seize", "grab",
    "tackle", "pursue", "pursuit", "corner", "detain", "apprehend", "track down", "dead or alive",
)  # fmt: skip
_NEGATED_ZH = re.compile(
    r"(?:不要|不得|不可|不能|不许|请勿|切勿|禁止|严禁|避免|勿|莫|别|不)(?:自行|擅自|去|试图)?$"
)
_NEGATED_EN = re.compile(r"\b(?:do not|don't|never|not to|not|without)\s+(?:try to\s+|attempt to\s+)?$")
_SENTENCE = re.compile(r"[^。！？!?；;\n.]+[。！？!?；;.]?")
_BETWEEN_CHARACTERS = re.compile(r"(?<=[㐀-鿿])[\s·.,，、*_\-]+(?=[㐀-鿿])")
_EN_WORD = re.compile(
    r"\b(?:"
    + "|".join(re.escape(word) for word in sorted((*BOUNTY_EN, *CHASE_EN), key=len, reverse=True))
    + r")\b"
)


def wording_errors(texts: Mapping[str, str]) -> list[FieldError]:
    """Every sentence of the fields that must be worded differently, naming the sentence and the word.

    A word is allowed where it is told not to be done ("请勿追赶", "do not chase").
    """
    found: list[FieldError] = []
    for field, text in texts.items():
        for sentence in _sentences(text):
            word = refused_word(sentence)
            if word is not None:
                message = (
                    f"“{sentence}” 里的“{word}”不能用：协查只请人观察、报告，请改写这一句。"
                    f" / Reword this sentence without “{word}”: an alert asks people to observe and report only."
                )
                found.append(FieldError(field, "wording", message, sentence))
    return found


def refused_word(sentence: str) -> str | None:
    """The first word of the sentence that an alert must not have, or None."""
    plain = _plain(sentence)
    joined = _BETWEEN_CHARACTERS.sub("", plain)
    for word in (*BOUNTY_ZH, *CHASE_ZH):
        for match in re.finditer(word, joined):
            if word in BOUNTY_ZH or not _NEGATED_ZH.search(joined[: match.start()]):
                return word
    for match in _EN_WORD.finditer(plain):
        if match.group() in BOUNTY_EN or not _NEGATED_EN.search(plain[: match.start()]):
            return match.group()
    return None


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]


def _plain(text: str) -> str:
    """Without the tricks of spelling: full-width letters, invisible characters, capitals."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
