"""What kinds of incidents are called in the other language, for sentences in Chinese and English."""

from routing.words import Words

KNOWN = (
    Words("盗窃电动车", "e-bike theft"),
    Words("盗窃电动自行车", "e-bike theft"),
    Words("盗窃自行车", "theft of bicycle"),
    Words("盗窃车内财物", "theft from vehicle"),
    Words("盗窃机动车", "theft of vehicle"),
    Words("入室盗窃", "burglary"),
    Words("扒窃", "pickpocketing"),
    Words("扒窃/盗窃", "theft"),
    Words("盗窃", "theft"),
    Words("抢劫", "robbery"),
    Words("抢夺", "snatching"),
    Words("打架斗殴", "fighting"),
    Words("酒后滋事", "drunken disorder"),
    Words("寻衅滋事", "disorderly conduct"),
    Words("纠纷", "disputes"),
    Words("邻里纠纷", "neighbour disputes"),
    Words("噪音扰民", "noise"),
    Words("电信诈骗", "phone fraud"),
    Words("电信诈骗报警", "phone fraud"),
    Words("诈骗", "fraud"),
    Words("走失求助", "people gone missing"),
    Words("走失/求助", "people gone missing"),
    Words("群众求助", "calls for help"),
    Words("求助", "calls for help"),
    Words("消防隐患", "fire hazards"),
    Words("交通事故", "traffic accidents"),
    Words("故意毁坏财物", "vandalism"),
    Words("毁坏财物", "mischief"),
    Words("其他", "incidents"),
)
_BY_ZH = {kind.zh: kind for kind in KNOWN}
_BY_EN = {kind.en.lower(): kind for kind in reversed(KNOWN)}
_ENGLISH_ONLY = {
    "larceny": "盗窃", "assault": "殴打", "aggravated assault": "严重殴打", "theft from vehicle": "盗窃车内财物",
    "theft of vehicle": "盗窃机动车", "auto theft": "盗窃机动车", "break and enter commercial": "商铺入室盗窃",
    "break and enter residential/other": "入室盗窃", "other theft": "其他盗窃", "vandalism": "毁坏财物",
    "common assault": "殴打", "noise complaint": "噪音扰民", "other": "警情",
}  # fmt: skip


def kind_words(kind: str) -> Words:
    """The kind in both languages; a kind nobody translated stands as the file words it."""
    known = _BY_ZH.get(kind) or _BY_EN.get(kind.lower())
    if known:
        return known
    if kind.isascii():
        return Words(_ENGLISH_ONLY.get(kind.lower(), f"“{kind}”"), kind.lower())
    return Words(kind, f"“{kind}”")
