"""Demo: alerts of the last weeks with what was seen and done, and a practice alert that is live at the first start."""

import datetime as dt
import random
import zoneinfo

import msgspec

from backend.alerts import service as alerts
from backend.alerts.models import Alert, Delivery, Sighting, SightingStep
from backend.alerts.schemas import AlertDraft
from backend.areas.models import Area
from backend.core import clock
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.demo import cast, tonight
from backend.people.models import Person

REACHED = 24
EXERCISE_LASTS = dt.timedelta(hours=24)
STATION_PHONE = "0577 8000 0110"
LASTED = dt.timedelta(hours=6)


class Past(msgspec.Struct, frozen=True):
    """An alert that is over: where, how many days ago and at which hour, how long it took, how many sightings."""

    kind: str
    subject: str | None
    home: str
    days: int
    hour: int
    minutes: int
    outcome: str
    sightings: int
    headline_zh: str
    headline_en: str
    looks_zh: str
    does_zh: str
    direction_zh: str
    place: str
    alone: bool = False


PAST = (
    Past(
        "missing_person", "elder", "lewan/shifang/shifang", 3, 17, 46, "found", 6,
        "女，约 76 岁，花白短发", "Woman of about 76, short grey hair",
        "紫色毛衣，黑布鞋，提蓝布袋", "走路慢，听不清", "菜场方向", "石坊老街牌坊",
    ),
    Past(
        "vehicle", None, "lewan/rongqiao/rongdong", 6, 20, 95, "cleared", 4,
        "白色面包车，左后灯不亮", "White van, left rear light out",
        "白色面包车，车牌尾号 7K2，左后灯不亮", "连着两晚停在电动车棚旁", "桥北方向", "榕东充电棚",
    ),
    Past(
        "missing_person", "child", "lewan/wangjiang/binhu", 11, 16, 22, "found", 5,
        "男孩，约 7 岁，戴眼镜", "Boy of about 7, wears glasses",
        "黄色校服外套，蓝书包", "一个人往湖边走", "滨湖公园方向", "滨湖小学门口", alone=True,
    ),
    Past(
        "danger", None, "lewan/wangjiang/xindu", 17, 7, 140, "cleared", 2,
        "新渡路口路面塌陷", "Road collapsed at the Xindu crossing",
        "路面塌陷约两米，已拉警戒线", "请绕行望江路，提醒骑车的人", "", "新渡路口",
    ),
    Past(
        "person_sought", None, "lewan/rongqiao/liuhe", 24, 22, 71, "cleared", 7,
        "男，约 30 岁，中等身材", "Man of about 30, medium build",
        "黑色连帽衫，灰裤子，黑色背包", "沿着车棚看电动车的锁", "柳河沿岸往北", "柳河车棚",
    ),
    Past(
        "person_sought", None, "lewan/rongqiao/qiaobei", 39, 19, 18, "withdrawn", 1,
        "男，约 45 岁，戴红帽子", "Man of about 45, red cap",
        "红帽子，反光背心", "在楼道口停留", "", "桥北小区",
    ),
    Past(
        "missing_person", "elder", "lewan/shifang/huaixiang", 52, 6, 71, "found", 4,
        "男，约 81 岁，拄拐杖", "Man of about 81, walks with a stick",
        "深蓝棉衣，灰帽，拐杖", "容易迷路，会找公交站", "文庙方向", "槐巷口",
    ),
    Past(
        "missing_person", "elder", "lewan/wangjiang/yugang", 70, 18, 39, "found", 2,
        "女，约 83 岁，穿拖鞋", "Woman of about 83, in slippers",
        "灰色外套，红拖鞋", "走路慢，常坐在码头", "渔港码头方向", "渔港菜场",
    ),
)  # fmt: skip
SEEN = (
    ("坐在路边长椅上，一个人", ""),
    ("慢慢往前走，走走停停", "菜场"),
    ("在公交站看站牌", ""),
    ("在店门口张望", "河边"),
    ("和路人说话", ""),
)
SEEN_OF_THINGS = {
    "vehicle": (("停在路边，没有熄火", ""), ("慢慢开过去", "桥北"), ("停在车棚门口", "")),
    "danger": (("有人绕行，秩序正常", ""), ("又有一块路面下沉", ""), ("警戒线被风吹倒了", "")),
}


@atomic
async def make_past_alerts(areas: dict[str, Area], cards: dict[str, Person], seed: int) -> int:
    """Write what became of each alert of the last months; returns how many."""
    dice = random.Random(seed)
    crew = await cast.walkers(40)
    communities = {path: area for path, area in areas.items() if area.kind == "community"}
    for past in PAST:
        area = communities.get(past.home) or dice.choice(list(communities.values()))
        await _make_past(past, area, cards, crew, dice)
    return len(PAST)


async def _make_past(
    past: Past, area: Area, cards: dict[str, Person], crew: list[Person], dice: random.Random
) -> None:
    local = clock.now().astimezone(zoneinfo.ZoneInfo(area.time_zone)) - dt.timedelta(days=past.days)
    created_at = local.replace(hour=past.hour, minute=dice.randrange(60), second=0).astimezone(dt.UTC)
    live_at = created_at + dt.timedelta(minutes=4)
    closed_at = live_at + dt.timedelta(minutes=past.minutes)
    officer, approver = cards["officer"].id, cards["approver"].id
    alert = await Alert.create(
        id=uuid7(), area_id=area.id, kind=past.kind, state="purged", subject=past.subject,
        headline_zh=past.headline_zh, headline_en=past.headline_en, clothing_zh=past.looks_zh,
        behaviour_zh=past.does_zh, direction_zh=past.direction_zh, last_seen_place=past.place,
        last_seen_at=created_at - dt.timedelta(minutes=30), lon=area.center_lon, lat=area.center_lat, radius_m=1000,
        contact_phone=STATION_PHONE, composed_by=officer, created_at=created_at, expires_at=live_at + LASTED,
        submitted_at=live_at - dt.timedelta(minutes=2), approved_by=approver, live_at=live_at,
        approved_at=live_at + dt.timedelta(minutes=9) if past.alone else live_at,
        signed_alone_at=live_at if past.alone else None,
        signed_alone_why="孩子离湖边很近" if past.alone else "",
        review_due_at=live_at + dt.timedelta(minutes=30) if past.alone else None,
        closed_by=officer, closed_at=closed_at, outcome=past.outcome, recalled_at=closed_at,
        purged_at=closed_at + dt.timedelta(minutes=1),
        stood_down_at=closed_at - dt.timedelta(minutes=3) if past.outcome == "found" else None,
    )  # fmt: skip
    reached = dice.sample(crew, REACHED)
    await Delivery.bulk_create([_delivered(alert, person, dice) for person in reached], batch_size=500)
    for number in range(past.sightings):
        at = live_at + dt.timedelta(minutes=past.minutes * (number + 1) / (past.sightings + 1.5))
        last = number == past.sightings - 1
        await _make_sighting(alert, reached[number], at, officer, dice, last)


def _delivered(alert: Alert, person: Person, dice: random.Random) -> Delivery:
    assert alert.live_at is not None and alert.recalled_at is not None
    heard_at = alert.live_at + dt.timedelta(seconds=dice.uniform(0.3, 40))
    opened_at = heard_at + dt.timedelta(seconds=dice.uniform(4, 300)) if dice.random() < 0.8 else None
    return Delivery(
        id=uuid7(), alert_id=alert.id, user_id=person.id, channel="in_app", distance_m=dice.randrange(60, 990),
        sent_at=alert.live_at, delivered_at=heard_at, opened_at=opened_at,
        acknowledged_at=opened_at if opened_at and dice.random() < 0.5 else None,
        purged_at=alert.recalled_at + dt.timedelta(seconds=dice.uniform(1, 50)),
    )  # fmt: skip


async def _make_sighting(
    alert: Alert, person: Person, at: dt.datetime, officer_id: object, dice: random.Random, last: bool
) -> None:
    what_zh, direction = dice.choice(SEEN_OF_THINGS.get(alert.kind, SEEN))
    sighting = await Sighting.create(
        id=uuid7(), alert_id=alert.id, user_id=person.id, at=at, received_at=at + dt.timedelta(seconds=20),
        lon=alert.lon + dice.uniform(-0.004, 0.004), lat=alert.lat + dice.uniform(-0.003, 0.003),
        behaviour_zh=what_zh, direction=direction, certainty=dice.choice(("sure", "likely", "likely", "unsure")),
        state="read",
    )  # fmt: skip
    found = last and alert.outcome == "found"
    steps = [("read", 1, "", None), ("outcome", 2, "", dice.choice(("mistaken", "gone")))]
    if found:
        steps = [
            ("read", 1, "", None),
            ("instructed", 1, "二组去看一下", None),
            ("acknowledged", 1, "", None),
            ("arrived", 4, "", None),
            ("outcome", 2, "", "found"),
        ]
    for step, minutes, text_zh, outcome in steps:
        at += dt.timedelta(minutes=minutes)
        await SightingStep.create(
            id=uuid7(), sighting_id=sighting.id, step=step, at=at, made_by=officer_id, text_zh=text_zh, outcome=outcome
        )  # fmt: skip


async def begin_exercise(areas: dict[str, Area], cards: dict[str, Person]) -> None:
    """A practice search for an elder, composed by one and approved by another as any alert is."""
    officer, approver = await tonight.actor_of(cards["officer"]), await tonight.actor_of(cards["approver"])
    area = areas["lewan/shifang/shifang"]
    now = clock.now()
    draft = AlertDraft(
        id=uuid7(),
        area_id=area.id,
        kind="missing_person",
        subject="elder",
        exercise=True,
        headline_zh="男，约 78 岁，戴灰帽",
        headline_en="Man of about 78, grey cap",
        clothing_zh="深蓝棉衣，灰帽，黑布鞋",
        behaviour_zh="走路慢，容易迷路，听不清",
        direction_zh="文庙方向",
        last_seen_at=now - dt.timedelta(minutes=35),
        last_seen_place="石坊老街菜场北口",
        lon=area.center_lon,
        lat=area.center_lat,
        radius_m=1000,
        expires_at=now + EXERCISE_LASTS,
        contact_phone=STATION_PHONE,
    )
    alert = await alerts.create_draft(officer, draft)
    await alerts.submit(officer, alert.id)
    await alerts.approve(approver, alert.id)
