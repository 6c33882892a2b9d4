"""Tells columns about persons, by what they are called and by what stands in them, and cuts persons out of sentences."""

import re
from collections.abc import Sequence

PERSON_HEADER = re.compile(
    r"姓名|报警人|当事人|嫌疑人|受害人|被害人|联系人|失主|事主|证人|民警|警员|电话|手机|联系方式|身份证|证件号|护照|"
    r"微信|出生|邮箱|车牌|号牌|户籍|caller|victim|suspect|complainant|witness|offender|owner|phone|mobile|telephone|"
    r"passport|idcard|idnumber|nationalid|ssn|email|birth|licenseplate|plateno|officername|"
    r"^name$|fullname|firstname|lastname|personname"
)
PHONE = r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
ID_NUMBER = r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
PLATE = r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-Z0-9]{5,6}"
EMAIL = r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}"
LANDLINE = r"0\d{2,3}[- ]?\d{7,8}"
# Bank cards, and numbers of documents with a slip in them.
LONG_NUMBER = r"\d{15,19}[Xx]?"
ACCOUNT = r"(?i:微信号?|QQ号?|支付宝|wechat)[:：\s]*[A-Za-z0-9_\-]{5,}"
PERSON_CONTENT = re.compile(f"{PHONE}|{ID_NUMBER}|{PLATE}|{EMAIL}")
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
NAME = re.compile(f"[{SURNAMES}][\\u4e00-\\u9fff]{{1,2}}")
MASKED_NAME = re.compile(f"[{SURNAMES}](?:某{{1,2}}|[*＊×xX]{{1,2}}[\\u4e00-\\u9fff]?)|某某?")
# Who is named in a sentence is told by the word before the name, by the address behind it, or by what hides a part of it.
NAMED = re.compile(
    "((?:(?:报警|报案|当事|嫌疑|受害|被害|联系|举报|目击)[人者]|失主|事主|业主|户主|姓名)[:：]?\\s*[是为系叫]?\\s*"
    "|(?:司机|店主|房东|证人|民警|辅警)[:：]\\s*)"
    f"[{SURNAMES}][\\u4e00-\\u9fff]{{1,2}}"
)
PERSON_INSIDE = re.compile(
    f"(?<![\\d.])(?:{PHONE}|{ID_NUMBER}|{LANDLINE}|{LONG_NUMBER})(?!\\d)|{EMAIL}|{PLATE}|{ACCOUNT}"
    f"|[{SURNAMES}](?:某{{1,2}}|[*＊×]{{1,2}}[\\u4e00-\\u9fff]?)"
    f"|[{SURNAMES}][\\u4e00-\\u9fff]{{0,2}}(?:先生|女士|小姐|同志|警官|师傅|阿姨|大爷|大妈)"
)
SENTENCE = re.compile(r"[，。；！？]|[,.;!?]\s")
# A cell of a column of sentences is about so long, in Chinese characters; a Latin letter counts as a part of one.
SENTENCE_LENGTH_MIN, LATIN_LETTER = 24, 0.4
# Words that are no names also begin with surnames (黄赌毒); a column of names hardly ever repeats one.
NAMES_DIFFERENT_MIN = 0.5
NAMES_MIN = 10
MOST = 0.7


def is_person_header(plain_header: str) -> bool:
    """Whether a header (lower case, without blanks and marks) speaks of a person."""
    return PERSON_HEADER.search(plain_header) is not None


def holds_persons(values: Sequence[str]) -> bool:
    """Whether most values of a column are numbers, plates, addresses or names of persons."""
    if not values:
        return False
    told = sum(PERSON_CONTENT.fullmatch(value) is not None for value in values)
    if told * 2 > len(values):
        return True
    masked = sum(MASKED_NAME.fullmatch(value) is not None for value in values)
    names = [value for value in values if NAME.fullmatch(value) or MASKED_NAME.fullmatch(value)]
    if masked >= MOST * len(values):
        return True
    if len(names) < max(NAMES_MIN, MOST * len(values)):
        return False
    return len(set(names)) >= NAMES_DIFFERENT_MIN * len(names)


def holds_sentences(values: Sequence[str]) -> bool:
    """Whether a column tells stories, in which anybody may be named."""
    if not values:
        return False
    length = sum(sum(LATIN_LETTER if letter < "\u0250" else 1.0 for letter in value) for value in values)
    told = sum(SENTENCE.search(value) is not None for value in values)
    return length >= SENTENCE_LENGTH_MIN * len(values) and told * 2 >= len(values)


def without_persons(text: str) -> str:
    """The text without numbers of phones, documents, cards and plates, mail addresses, and names that are told as such."""
    left = PERSON_INSIDE.sub(" ", NAMED.sub(r"\1", text))
    return text if left == text else " ".join(left.split())
