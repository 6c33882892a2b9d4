"""Talking with residents about one thing that keeps them safe."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

PREVENTION_TALK = TaskKind(
    kind="prevention_talk",
    title_zh="防范宣传",
    title_en="Prevention talk",
    needs_route=False,
    needs_place=True,
    outdoors=False,
    default_minutes=60,
    default_seats=2,
    default_points=CURRENT.posted_patrol,
    templates=(
        Template(
            key="fraud",
            title_zh="反诈宣传",
            title_en="Fraud prevention",
            do_zh="给居民讲三句话：不明链接不点、验证码不给、转账先打电话核实。特别照顾独居老人，可帮忙装好国家反诈中心应用。",
            do_en="Tell residents three things: do not open unknown links, never give a code away, call back before any "
            "transfer. Take time for older people living alone.",
        ),
        Template(
            key="fire",
            title_zh="消防与电动车充电安全",
            title_en="Fire and e-bike charging",
            do_zh="讲电动车不进楼、不飞线充电，楼道不堆物；带大家认一认最近的灭火器和疏散楼梯。",
            do_en="No e-bikes or loose charging cables indoors, nothing stored on the stairs; show where the nearest "
            "extinguisher and escape stairs are.",
        ),
        Template(
            key="children",
            title_zh="儿童安全小课堂",
            title_en="Safety for children",
            do_zh="用问答教孩子：记住家长电话、不跟陌生人走、走散了原地等并找穿制服的人。",
            do_en="With questions and answers: know a parent's number, do not go with strangers, if lost stay put and ask "
            "someone in uniform.",
        ),
    ),
)
