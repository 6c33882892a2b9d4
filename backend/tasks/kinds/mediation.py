"""Sitting down with neighbours who have fallen out, before it grows."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

MEDIATION = TaskKind(
    kind="mediation",
    title_zh="纠纷调解",
    title_en="Mediation",
    needs_route=False,
    needs_place=True,
    outdoors=False,
    at_homes=True,
    default_minutes=60,
    default_seats=2,
    default_points=CURRENT.posted_patrol,
    templates=(
        Template(
            key="neighbours",
            title_zh="邻里纠纷调解",
            title_en="Between neighbours",
            do_zh="到调解室集合，由社区当面介绍情况。先分开听两边说完，再一起谈；不评谁对谁错，只帮着找两边都能接受的办法。"
            "有人动手或威胁，马上离开并拨打 110。听到的事不往外说。",
            do_en="Meet at the mediation room; the community tells you there what it is about. Hear each side alone, then "
            "together; judge nobody, help them find what both can live with. If anyone threatens or strikes, leave and "
            "call 110. What you hear stays there.",
        ),
        Template(
            key="family",
            title_zh="家庭琐事劝和",
            title_en="Within a family",
            do_zh="到调解室集合，听社区介绍。只谈眼前这一件事，照顾老人和孩子的感受；发现有人被打、被控制或害怕回家，"
            "不当场追问，马上告诉民警。听到的事不往外说。",
            do_en="Meet at the mediation room and hear about it there. Keep to the one matter and mind the old and the "
            "young; if somebody seems beaten, controlled or afraid to go home, ask nothing on the spot and tell the police at "
            "once. What you hear stays there.",
        ),
        Template(
            key="trade",
            title_zh="消费、欠薪小纠纷",
            title_en="About money or wages",
            do_zh="到调解室集合。请两边带上单据，帮着算清楚、写清楚；谈不拢的，告诉他们去哪个窗口，不代收代付钱款。",
            do_en="Meet at the mediation room. Ask both to bring papers, help to reckon and to write down; where it fails, "
            "say which office is next. Never take or pass on money.",
        ),
    ),
)
