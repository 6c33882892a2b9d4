"""Calling on people who are glad of it; which door it is, the pair hears where it meets."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

VISIT = TaskKind(
    kind="visit",
    title_zh="走访关怀",
    title_en="Visit",
    needs_route=False,
    needs_place=True,
    outdoors=False,
    at_homes=True,
    default_minutes=60,
    default_seats=2,
    default_points=CURRENT.posted_patrol,
    templates=(
        Template(
            key="elder",
            title_zh="看望独居老人",
            title_en="Older people living alone",
            do_zh="两人到服务站集合，去哪几户由社区当面告诉。敲门先报姓名和社区，不进屋也可以聊；看看冷暖、煤气、用药，"
            "需要帮忙的记下来交给社区。没人应门，马上告诉社区，不自己进屋。",
            do_en="Meet at the service point as a pair; the community tells you there whom to see. Say who sends you; you "
            "need not go in. Look after warmth, gas and medicine, and note what is needed for the community. If nobody answers, "
            "tell the community at once; do not go in yourselves.",
        ),
        Template(
            key="fraud",
            title_zh="反诈上门提醒",
            title_en="A warning of fraud",
            do_zh="两人到服务站集合，名单由民警当面交给，用完交回，不拍照、不转发。见面先请对方打社区电话核实身份，只讲防骗，"
            "不问卡号、密码和余额。",
            do_en="Meet at the service point as a pair; the police hand you the list there and take it back: no photo, no "
            "copy. Let people call the community to check who you are. Speak of fraud only; never ask for cards, passwords or "
            "balances.",
        ),
    ),
)
