"""Demo: merchants (平安合伙人) with what they offer for points. All made up."""

import datetime as dt

from backend.areas import service as area_service
from backend.areas.models import Area
from backend.core import clock, media
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.pools import in_thread
from backend.demo.pictures import drawing
from backend.people.models import Person
from backend.rewards import service as rewards
from backend.rewards.models import Merchant
from points import vouchers
from points.models import PointsOffer
from routing.town import Town

# kind, name, English name, near which place of the town, hours, offers (title, English title, points, stock, cap, terms, English terms)
type Offer = tuple[str, str, int, int, int | None, str, str]
SHOPS: tuple[tuple[str, str, str, str, str, tuple[Offer, ...]], ...] = (
    (
        "noodles",
        "老街面馆",
        "Old Street Noodles",
        "石坊老街菜场",
        "06:00–21:00",
        (
            (
                "牛肉面一碗",
                "A bowl of beef noodles",
                30,
                20,
                4,
                "堂食，每月每人 4 份",
                "Eat in; four a month each",
            ),
            (
                "热豆浆一杯",
                "A cup of hot soy milk",
                8,
                60,
                None,
                "早上 6 点到 9 点半",
                "6:00 to 9:30 in the morning",
            ),
        ),
    ),
    (
        "tea",
        "文庙茶馆",
        "Wenmiao Tea House",
        "文庙",
        "08:00–22:00",
        (("清茶一壶", "A pot of green tea", 12, 40, None, "", ""),),
    ),
    (
        "barber",
        "老街理发",
        "Old Street Barber",
        "石坊老街亲警驿站",
        "08:30–19:00",
        (
            ("理发一次", "A haircut", 80, 8, 1, "周一至周四", "Monday to Thursday"),
            ("洗头一次", "A hair wash", 30, 20, 2, "", ""),
        ),
    ),
    (
        "pharmacy",
        "槐巷药房",
        "Huaixiang Pharmacy",
        "槐巷卫生站",
        "08:00–21:30",
        (
            ("创可贴一盒", "A box of plasters", 10, 50, 2, "", ""),
            ("血压测量并记录", "Blood pressure check with a record", 5, 200, None, "", ""),
        ),
    ),
    (
        "bike_repair",
        "槐巷修车",
        "Huaixiang Bike Repair",
        "槐巷停车棚",
        "08:00–18:30",
        (
            (
                "电动车换刹车皮",
                "New e-bike brake pads",
                60,
                10,
                1,
                "含工时，常见型号",
                "Labour included, common models",
            ),
            ("车锁一把", "A bicycle lock", 45, 15, 1, "U 型锁", "A U-lock"),
        ),
    ),
    (
        "supermarket",
        "东市便民超市",
        "Dongshi Corner Shop",
        "东市夜市",
        "07:00–23:00",
        (
            ("鸡蛋 10 枚", "Ten eggs", 25, 40, 4, "", ""),
            ("手电筒一支", "A torch", 35, 30, 1, "可充电", "Rechargeable"),
        ),
    ),
    (
        "bookshop",
        "乐湾书屋",
        "Lewan Books",
        "乐湾图书馆",
        "09:00–20:00",
        (("图书八折券", "20 % off a book", 15, 50, 2, "单本", "One book"),),
    ),
    (
        "cinema",
        "站前影院",
        "Station Square Cinema",
        "站前广场",
        "10:00–23:30",
        (
            (
                "周中电影票",
                "Midweek cinema ticket",
                120,
                6,
                1,
                "周一至周四，节假日除外",
                "Monday to Thursday, not on holidays",
            ),
        ),
    ),
    (
        "gym",
        "江边健身",
        "Riverside Gym",
        "柳河邻里中心",
        "06:30–22:00",
        (("健身单次", "One visit", 50, 20, 2, "", ""),),
    ),
    (
        "seafood",
        "渔港海鲜",
        "Fishing Harbour Seafood",
        "渔港海鲜市场",
        "05:00–18:00",
        (("鱼丸汤一碗", "A bowl of fish ball soup", 20, 30, 4, "堂食", "Eat in"),),
    ),
    (
        "clinic",
        "滨湖牙科",
        "Binhu Dental Clinic",
        "滨湖邻里中心",
        "08:30–17:30",
        (("口腔检查", "Dental check-up", 40, 10, 1, "需预约", "By appointment"),),
    ),
    (
        "bakery",
        "榕桥面包房",
        "Rongqiao Bakery",
        "榕桥菜场",
        "06:30–20:00",
        (
            (
                "吐司一条",
                "A loaf of toast bread",
                18,
                0,
                2,
                "今日售完，明早补货",
                "Sold out today; more tomorrow morning",
            ),
        ),
    ),
)

OFFERED_FOR = dt.timedelta(days=90)
NEW_FOR = dt.timedelta(days=4)
NEW = {"车锁一把", "周中电影票", "健身单次", "口腔检查"}
HONOURED = {"热豆浆一杯": "06:00–09:30", "理发一次": "周一至周四", "口腔检查": "工作日上午"}
SHORT_LIVED = {"周中电影票": 14, "吐司一条": 7}
VOUCHER_DAYS = 30


@atomic
async def make_shops(town: Town, areas: dict[str, Area], keeper: Person) -> list[Merchant]:
    """The shops beside the town's places, with their offers; `keeper` works at the first."""
    now = clock.now()
    places = {place.name_zh: place for place in town.places}
    made: list[Merchant] = []
    for number, (kind, name_zh, name_en, beside, hours, offers) in enumerate(SHOPS):
        place = places[beside]
        area = areas.get(place.community) or areas["lewan"]
        shop = await Merchant.create(
            id=uuid7(),
            area_id=area.id,
            kind=kind,
            name_zh=name_zh,
            name_en=name_en,
            address_zh=f"{place.name_zh}旁",
            address_en=f"Beside {place.name_en}",
            hours=hours,
            licence_no=f"91330302DEMO{number:06}",
            lon=place.lon + 0.0002,
            lat=place.lat + 0.0001 * (number % 3),
            demo=True,
        )
        made.append(shop)
        for title_zh, title_en, cost, stock, cap, terms_zh, terms_en in offers:
            await vouchers.create_offer(
                offer_id=uuid7(),
                merchant_id=shop.id,
                area_id=area.id,
                title_zh=title_zh,
                title_en=title_en,
                terms_zh=terms_zh,
                terms_en=terms_en,
                cost=cost,
                stock=stock,
                per_person_cap=cap,
                hours=HONOURED.get(title_zh, ""),
                voucher_days=SHORT_LIVED.get(title_zh, VOUCHER_DAYS),
                starts_at=now - (NEW_FOR if title_zh in NEW else OFFERED_FOR),
                now=now - OFFERED_FOR,
            )
    first = made[0]
    area = await area_service.get(first.area_id)
    await rewards.hire(keeper.id, first, area_path=area.path, owner=True)
    return made


async def hang_pictures() -> None:
    """Give every offer that has a drawing its picture."""
    for offer in await PointsOffer.all().order_by("id"):
        drawn = await in_thread(drawing, offer.title_zh)
        if drawn is not None:
            photo = await media.store_photo(drawn)
            await atomic(vouchers.change_offer)(
                offer.id, offer.merchant_id, vouchers.OfferChange(image_key=photo.key)
            )
