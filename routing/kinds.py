"""What is known of kinds of incidents by their names: the other language's word, and whether they may be learned from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from routing.words import Words

WEIGHT_MAX = 5.0
ENFORCEMENT = Words(
    "这类警情主要由执法发现：查得越多记得越多，学了会把人派回老地方。",
    "Found mostly by enforcement: more checks mean more records, and learning from them would send patrols back.",
)
PRIVATE = Words(
    "涉及家庭或性的警情：不用于热点，也不出现在任何志愿者看得到的地方。",
    "Domestic or sexual: never used for hotspots and never shown where volunteers can see it.",
)
# What the police or patrols themselves bring to light, by the words that name it.
_ENFORCEMENT_NAMES = re.compile(
    r"毒品|吸毒|贩毒|涉毒|赌博|聚赌|涉赌|卖淫|嫖娼|涉黄|酒驾|醉驾|饮酒驾驶|无证驾驶|交通违法|违停|闯红灯|超速|盘查|巡查发现"
    r"|narcotic|drug|gambl|prostitut|\bvice\b|\bdui\b|\bdwi\b|drunk driv|driving under|traffic (violation|stop)|parking violation"
    r"|speeding|weapons? possession|possession of|warrant|loiter|stop and (search|frisk)|liquor (law|violation)",
    re.IGNORECASE,
)
_PRIVATE_NAMES = re.compile(
    r"家暴|家庭(暴力|成员|内部|纠纷|矛盾|冲突|关系|琐事|打架)|家事|家人(打|殴|纠纷|矛盾)|夫妻|婚姻|(婚恋|恋爱)(纠纷|矛盾)|恋人|情感纠纷|感情纠纷|亲密关系|虐待|强奸|轮奸|奸淫|鸡奸|猥亵|性侵"
    r"|性骚扰|性犯罪|性暴力|性虐|露阴|偷窥|偷拍|自杀|自伤|自残|轻生|未成年人侵害|侵害未成年"
    r"|domestic|family (violence|dispute|offen)|spous|intimate partner|sexual|\bsex\b|\brape|indecen|molest|voyeur|peeping|\blewd|incest"
    r"|(child|elder) abuse|involving children|dating violence|suicid|self.?harm",
    re.IGNORECASE,
)
# Burglary and the theft of vehicles, after which the neighbours are known to be at risk for a while.
_REPEATING_NAMES = re.compile(
    r"入室|入户盗|撬门|溜门|盗窃(电动|机动|非机动|自行|摩托)|(电动车|电瓶车|电瓶|自行车|摩托车|汽车|机动车)(被盗|盗窃|失窃)"
    r"|burglar|break.?and.?enter|breaking|auto theft|(theft|stealing) of (a |motor )?(vehicle|bicycle|auto|car)|e-?bike theft|motor vehicle theft",
    re.IGNORECASE,
)
# What makes people think again about the same evening: force, and strangers in the house.
_GRAVE_NAMES = re.compile(
    r"抢劫|抢夺|入室|入户盗|伤害|殴打|斗殴|持刀|砍人|robbery|snatching|burglary|assault|break and enter|stabbing",
    re.IGNORECASE,
)
GRAVE_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a district decided about a kind of incident.

    `weight` is its harm (1 is usual), used between 0 and WEIGHT_MAX. Kinds that are not `counted` are not learned
    from. `private` kinds are neither learned from nor ever named, whatever `counted` says. `why` tells the reason of
    either.
    """

    weight: float = 1.0
    counted: bool = True
    private: bool = False
    why: Words | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.weight < float("inf"):
            raise ValueError(f"weight {self.weight} must be 0 or more")

    @property
    def used(self) -> bool:
        """Whether forecasts learn from the kind."""
        return self.counted and not self.private


def default_rule(kind: str) -> KindRule:
    """The rule of a kind that the district said nothing about, by its name."""
    if _PRIVATE_NAMES.search(kind):
        return KindRule(counted=False, private=True, why=PRIVATE)
    if _ENFORCEMENT_NAMES.search(kind):
        return KindRule(counted=False, why=ENFORCEMENT)
    return KindRule()


def rule_of(kind: str, rules: Mapping[str, KindRule]) -> KindRule:
    """The district's rule of a kind, or the usual one."""
    return rules.get(kind) or default_rule(kind)


def is_grave(kind: str, rule: KindRule) -> bool:
    """Whether one incident of the kind is serious enough to think again about tonight.

    The weight that the district gave says so, from `GRAVE_WEIGHT`; where it left the usual weight, the kind's name.
    """
    if rule.weight != default_rule(kind).weight:
        return rule.weight >= GRAVE_WEIGHT
    return bool(_GRAVE_NAMES.search(kind))


def may_repeat_nearby(kind: str) -> bool:
    """Whether it is a burglary or a theft of vehicles, by its name."""
    return bool(_REPEATING_NAMES.search(kind))


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
