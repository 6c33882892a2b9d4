"""Walking a planned route together, with stops to stand at."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

PATROL = TaskKind(
    kind="patrol",
    title_zh="路线巡逻",
    title_en="Patrol route",
    needs_route=True,
    needs_place=False,
    outdoors=True,
    default_minutes=90,
    default_seats=3,
    default_points=CURRENT.posted_patrol,
    templates=(
        Template(
            key="evening",
            title_zh="晚间路线巡逻",
            title_en="Evening patrol",
            do_zh="按路线步行，每个点位驻留满时间，和路过的居民打声招呼。看到异常先记下地点和时间，不追、不拦、不围观；"
            "有人受伤或正在发生危险，马上拨打 110。",
            do_en="Walk the route and stay the full time at each stop; greet the people you meet. Note the place and "
            "time of anything unusual; do not chase, block or crowd. If someone is hurt or in danger, call 110 at once.",
        ),
        Template(
            key="school_run",
            title_zh="上下学护学巡逻",
            title_en="School-run patrol",
            do_zh="沿上下学路线步行，在路口提醒孩子走斑马线，留意独自逗留的孩子；家长未到时请先联系学校。",
            do_en="Walk the way to school, remind children to use the crossings and look out for a child left alone; "
            "if no parent comes, call the school first.",
        ),
    ),
)
