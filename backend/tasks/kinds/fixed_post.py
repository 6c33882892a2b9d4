"""Standing at one place for a while, to be seen and to help."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

FIXED_POST = TaskKind(
    kind="fixed_post",
    title_zh="定点值守",
    title_en="Fixed post",
    needs_route=False,
    needs_place=True,
    outdoors=True,
    default_minutes=60,
    default_seats=2,
    default_points=CURRENT.posted_patrol,
    templates=(
        Template(
            key="gate",
            title_zh="小区门口值守",
            title_en="At the neighbourhood gate",
            do_zh="在门口值守，帮老人提行李、指路；提醒电动车慢行、不进楼。遇到陌生人徘徊，先问一句“需要帮忙吗”。",
            do_en="Stand at the gate, help older neighbours with bags and directions; ask e-bikes to slow down and stay "
            "outside. If a stranger lingers, ask first: can I help you?",
        ),
        Template(
            key="crossing",
            title_zh="路口劝导",
            title_en="At the crossing",
            do_zh="在路口劝导行人和非机动车按灯通行，提醒戴头盔；站在人行道上，不进机动车道。",
            do_en="Ask people on foot and on two wheels to wait for the light and to wear a helmet; stay on the pavement, "
            "never step into the carriageway.",
        ),
        Template(
            key="market",
            title_zh="夜市、菜场值守",
            title_en="At the market",
            do_zh="在夜市或菜场值守，提醒看管手机和钱包，帮走散的老人孩子联系家人。",
            do_en="Stand at the market, remind people to watch phones and purses, and help anyone who lost their family.",
        ),
    ),
)
