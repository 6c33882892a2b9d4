"""Seeing to something that somebody asked the 110 or 12345 line for and that needs no police."""

from backend.tasks.kinds.kind import TaskKind, Template
from points.rules import CURRENT

HELP_REQUEST = TaskKind(
    kind="help_request",
    title_zh="群众求助（110、12345 转来）",
    title_en="Call for help, from 110 or 12345",
    needs_route=False,
    needs_place=True,
    outdoors=True,
    at_homes=False,
    default_minutes=45,
    default_seats=2,
    default_points=CURRENT.posted_patrol,
    templates=(
        Template(
            key="street",
            title_zh="路灯、井盖、积水查看",
            title_en="A lamp, a manhole, standing water",
            do_zh="到现场看清楚是什么、在哪里，站在安全处拍一张照，用“报告”交上来；井盖缺失先请人留守提醒，不下车道，不自己动手修。",
            do_en="Look what it is and where, take a photo from a safe spot and send it as a report; where a cover is missing, "
            "one stays and warns people. Keep off the carriageway and repair nothing.",
        ),
        Template(
            key="lost",
            title_zh="走失、遗失物帮忙",
            title_en="Somebody or something lost",
            do_zh="陪在走失的老人或孩子身边，联系社区，等家人或民警来接，不自己送回家；捡到的东西登记后交到服务站。",
            do_en="Stay with the elder or child, call the community and wait for family or police; take nobody home "
            "yourselves. Write down what was found and hand it in at the service point.",
        ),
        Template(
            key="order",
            title_zh="停车、噪音、遛狗劝导",
            title_en="Parking, noise, dogs",
            do_zh="两人一起去，客气说明有邻居反映，请对方帮个忙；对方不听就离开，记下结果，不争、不围、不拍人脸。",
            do_en="Go as two, say kindly that a neighbour asked, and ask for a favour; if they will not, leave and note how it "
            "went. No quarrel, no crowd, no photos of faces.",
        ),
        Template(
            key="errand",
            title_zh="帮老人办件小事",
            title_en="A small errand for an older neighbour",
            do_zh="到服务站集合，由社区说明要办什么：填表、取药、换灯泡、教用手机。不代管钱和密码，办完告诉社区。",
            do_en="Meet at the service point; the community says what it is: a form, medicine, a bulb, a phone explained. Keep "
            "no money and no passwords; tell the community when it is done.",
        ),
    ),
)
