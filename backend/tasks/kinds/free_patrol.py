"""Walking wherever one likes within a community, at a time that suits."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

FREE_PATROL = TaskKind(
    kind="free_patrol",
    title_zh="自由巡逻",
    title_en="Free patrol",
    needs_route=False,
    needs_place=False,
    outdoors=True,
    default_minutes=45,
    default_seats=6,
    default_points=CURRENT.free_patrol,
    templates=(
        Template(
            key="neighbourhood",
            title_zh="邻里走一走",
            title_en="A walk around the neighbourhood",
            do_zh="在社区里随意走走，至少 20 分钟。顺手看看路灯、井盖、消防通道，有问题记下来。",
            do_en="Walk where you like in the community for at least 20 minutes. Look at lamps, manhole covers and fire "
            "lanes on the way and note what is wrong.",
        ),
    ),
)
