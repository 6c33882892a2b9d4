"""Demo: what the street and the desk find there: checkpoints, a walk to review, a verdict appealed, reports at every step."""

import datetime as dt
import io
import math
import uuid

from PIL import Image, ImageDraw

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core import clock, media
from backend.core.ids import uuid7
from backend.demo import cast, tonight
from backend.patrols import codes
from backend.patrols import service as patrols
from backend.patrols.models import Patrol, PatrolMember, Visit
from backend.patrols.schemas import (
    AcceptedPart,
    AppealIn,
    CheckpointIn,
    CheckpointOut,
    FixBatch,
    FixIn,
    LogBatch,
    LogIn,
    PatrolFinish,
    PatrolStart,
    ReviewIn,
    VisitIn,
)
from backend.people.models import Person
from backend.reports import service as reports
from backend.reports.models import ReportPhoto
from backend.reports.schemas import ReportIn, ReportMove
from backend.tasks import service as tasks
from routing.walker import Walker

HOME = "lewan/shifang/shifang"
CHECKPOINTS = (
    ("石坊老街警务站", "Old Street police box", 60, 40, True),
    ("菜场北口保安亭", "Guard's booth, market north gate", -180, 120, False),
    ("文庙东门", "East gate of the Temple of Literature", 220, -90, False),
)
"""Name, English name, metres east and north of the community's middle, whether a screen shows the code too."""
STEP_S = 5
WALKED = dt.timedelta(minutes=45)
PAIR = slice(9, 11)
"""An experienced walker and another, who are neither with the simulated teams nor a visitor's mates."""


async def make() -> None:
    """All of it, once the evening's plans are there; does nothing without its people."""
    officer, approver, volunteer = [
        await cast.card_person(key) for key in ("officer", "approver", "volunteer")
    ]
    home = await areas.by_path(HOME)
    pair = (await cast.walkers(PAIR.stop))[PAIR]
    if officer is None or approver is None or volunteer is None or home is None or len(pair) < 2:
        return
    points = await _make_checkpoints(officer, home)
    lines = await _lines(officer)
    if len(lines) < 2:
        return
    first = await _walked(pair, home, lines[0], clock.now() - dt.timedelta(hours=4), points)
    await patrols.review(
        await tonight.actor_of(approver),
        first,
        ReviewIn("partial", "后半段没有定位，按前二十分钟计", AcceptedPart(minutes=20)),
    )
    await patrols.appeal(
        await tonight.actor_of(pair[0]),
        first,
        AppealIn(uuid7(), "后半段手机锁屏了，同伴和我一直在一起，签到都在"),
    )
    await _walked(pair, home, lines[1], clock.now() - dt.timedelta(hours=2), points)
    await _make_reports(officer, volunteer, pair[0], points)


async def _make_checkpoints(officer: Person, home: Area) -> list[CheckpointOut]:
    actor = await tonight.actor_of(officer)
    made: list[CheckpointOut] = []
    for name_zh, name_en, east_m, north_m, screen in CHECKPOINTS:
        lon, lat = _beside(home.center_lon, home.center_lat, east_m, north_m)
        wanted = CheckpointIn(uuid7(), home.id, name_zh, lon, lat, name_en, nfc=not screen, screen=screen)
        made.append(await patrols.create_checkpoint(actor, wanted))
    return made


def _beside(lon: float, lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    return lon + east_m / 111_195 / math.cos(math.radians(lat)), lat + north_m / 111_195


async def _lines(officer: Person) -> list[list[tuple[float, float]]]:
    """The ways of tonight's patrols, the longest first: they follow the streets."""
    district = await areas.by_path("lewan")
    assert district is not None, "the demo district is there"
    listed = await tasks.listed(
        await tonight.actor_of(officer), area_id=district.id, scope="desk", state="published"
    )
    routes = [task.route for task in listed.items if task.route is not None]
    routes.sort(key=lambda route: route.length_m, reverse=True)
    return [[(lon, lat) for lon, lat, *_ in route.geometry["coordinates"]] for route in routes]


async def _walked(
    pair: list[Person],
    home: Area,
    line: list[tuple[float, float]],
    started_at: dt.datetime,
    points: list[CheckpointOut],
) -> uuid.UUID:
    """A finished walk of two with positions, check-ins and matters; its id."""
    leader, mate = [await tonight.actor_of(person) for person in pair]
    code = await patrols.companion_code(mate)
    patrol_id = uuid7()
    await patrols.start(leader, PatrolStart(patrol_id, started_at, area_id=home.id, companions=[code.token]))
    patrol = await Patrol.get(id=patrol_id)
    member = await PatrolMember.get(patrol_id=patrol_id, user_id=leader.user_id)
    walker = Walker(line, seed=started_at.hour, gap=True)
    fixes: list[FixIn] = []
    for second in range(0, int(WALKED.total_seconds()), STEP_S):
        position = walker.at(second)
        if position is not None:
            at = started_at + dt.timedelta(seconds=second)
            fixes.append(FixIn(uuid7(), at, position.lon, position.lat, position.accuracy_m))
    for begin in range(0, len(fixes), 400):
        await patrols.store_fixes(patrol, member, home, FixBatch(fixes[begin : begin + 400]))
    at = started_at + dt.timedelta(minutes=10)
    logs = [
        LogIn(uuid7(), kind, at + dt.timedelta(minutes=5 * index))
        for index, kind in enumerate(("persuade", "publicity", "hazard"))
    ]
    await patrols.add_logs(leader, patrol_id, LogBatch(logs))
    scanned = codes.checkpoint_code(points[0].id, "qr", 1, started_at)
    visits = [VisitIn(uuid7(), started_at + dt.timedelta(minutes=1), "qr", code=scanned)]
    for minute in (14, 31):
        if (place := walker.at(minute * 60)) is not None:
            at = started_at + dt.timedelta(minutes=minute)
            visits.append(
                VisitIn(uuid7(), at, "photo", lon=place.lon, lat=place.lat, accuracy_m=place.accuracy_m)
            )
    for made in visits:
        await patrols.visit(leader, patrol_id, made)
    photo = await media.store_photo(_dark_lamp())
    await Visit.filter(id=visits[-1].id).update(photo_key=photo.key)
    await patrols.finish(leader, patrol_id, PatrolFinish(started_at + WALKED))
    return patrol_id


async def _make_reports(
    officer: Person, volunteer: Person, walker: Person, points: list[CheckpointOut]
) -> None:
    """One waits, one with a photo is taken up, one is answered, one is closed."""
    desk = await tonight.actor_of(officer)
    seen = (
        (walker, "cards", "菜场北口电线杆上贴满小卡片", None),
        (walker, "charging", "三号楼道里有电动车飞线充电", ReportMove("triaged")),
        (
            volunteer,
            "lighting",
            "文庙东门的路灯不亮，晚上看不清台阶",
            ReportMove("acted", answer="已报路灯所，明天上午来修"),
        ),
        (volunteer, "hazard", "警务站门口井盖松动", ReportMove("closed", "solved", "当晚已加固，谢谢您")),
    )
    for number, (person, category, text, step) in enumerate(seen):
        actor = await tonight.actor_of(person)
        point = points[number % len(points)]
        at = clock.now() - dt.timedelta(hours=number + 1)
        made = await reports.report(actor, ReportIn(uuid7(), category, text, at, point.lon, point.lat, 12.0))  # type: ignore[arg-type]
        if category == "lighting":
            photo = await media.store_photo(_dark_lamp())
            await ReportPhoto.create(id=uuid7(), report_id=made.id, photo_key=photo.key, made_at=at)
        if step is not None:
            await reports.move(desk, made.id, step)


def _dark_lamp() -> bytes:
    """A drawn picture of a lamp that does not burn."""
    picture = Image.new("RGB", (640, 480), "#10202a")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 400, 640, 480), fill="#26343c")
    draw.rectangle((310, 120, 322, 400), fill="#5b6a72")
    draw.line((316, 124, 400, 96), fill="#5b6a72", width=10)
    draw.ellipse((388, 84, 436, 112), fill="#38464e")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
