"""The drawing of the demo town Lewan: river, coast, main streets, parks and named places, in metres.

Every coordinate is (east, north) in metres on a flat sheet whose point SHEET_CENTER lies at CENTER, in open sea,
so that no real street is ever shown as a place of crime. `routing.town` turns the drawing into streets and blocks.
"""

from dataclasses import dataclass
from typing import Literal

Metres = tuple[float, float]

NAME_ZH, NAME_EN = "乐湾区", "Lewan"
GENERATOR = "lexun demo town"  # in the file's header; tells made-up streets from surveyed ones
CENTER = (122.60, 27.50)
SHEET_CENTER: Metres = (1950.0, 1850.0)
SHEET: tuple[float, float, float, float] = (-450.0, -400.0, 4650.0, 4100.0)
SURROUNDINGS: tuple[float, float, float, float] = (-7000.0, -7000.0, 12000.0, 11000.0)  # seen when zoomed out

# Water -------------------------------------------------------------------------------------------------------------
RIVER: list[Metres] = [
    (-9000, 3100), (-5600, 2500), (-3200, 2650), (-1500, 2250), (-700, 2150), (-300, 2060), (200, 1930), (650, 2060), (1120, 2130), (1570, 1950), (2040, 1760), (2480, 1800),
    (2940, 1940), (3380, 1850), (3720, 1680), (4000, 1650),
]  # fmt: skip
RIVER_HALF_WIDTH_M = (28.0, 74.0)  # in the west, at the mouth
COAST: list[Metres] = [
    (5200, -9000), (4300, -4500), (3900, -2400), (3750, -1100), (3720, -500), (3690, 0), (3640, 330), (3680, 680), (3790, 1000), (3850, 1300), (3905, 1570),
    (3920, 1770), (3880, 1960), (3760, 2120), (3610, 2250), (3510, 2420), (3520, 2620), (3630, 2760), (3790, 2830),
    (3900, 2960), (3930, 3180), (3870, 3420), (3800, 3700), (3830, 4000), (3960, 4900), (4500, 6600), (4300, 8600), (5400, 13000),
]  # fmt: skip
BREAKWATERS: list[list[Metres]] = [
    [(3760, 2815), (3930, 2790), (4050, 2690), (4090, 2540), (4060, 2440)],
    [(3730, 2120), (3880, 2130), (3970, 2200), (4000, 2300)],
]
PIERS: list[list[Metres]] = [
    [(3530, 2360), (3690, 2410)],
    [(3505, 2480), (3700, 2500)],
    [(3520, 2600), (3690, 2580)],
]
LAKE: list[Metres] = [
    (2760, 2700), (2860, 2600), (3010, 2570), (3150, 2620), (3200, 2740), (3150, 2860), (3180, 2960), (3090, 3040),
    (2950, 3000), (2880, 2900), (2780, 2840),
]  # fmt: skip
LAKE_ISLAND: list[Metres] = [(3010, 2760), (3060, 2740), (3100, 2780), (3080, 2830), (3030, 2830)]

# Land --------------------------------------------------------------------------------------------------------------
BUILT_UP: list[Metres] = [
    (40, 100), (700, 60), (1400, 90), (2100, 50), (2800, 80), (3400, 40), (4300, 60), (4300, 1500), (4300, 2400),
    (4300, 3640), (3400, 3700), (2500, 3680), (2300, 3260), (1500, 3290), (800, 3250), (160, 3240), (60, 2700),
    (90, 2100), (30, 1500), (80, 800),
]  # fmt: skip
HILLS: list[list[Metres]] = [
    [(-420, 3380), (300, 3390), (900, 3480), (1500, 3430), (2150, 3420), (2280, 3800), (2100, 4600), (1500, 6200), (-900, 6900),
     (-4200, 5800), (-4600, 4300), (-2400, 3500)],
    [(2700, 3830), (3300, 3790), (3680, 3830), (3740, 4700), (4200, 6400), (3700, 7600), (2700, 6000), (2560, 4500)],
    [(-900, -200), (-250, 250), (-120, 600), (-200, 900), (-700, 950), (-2600, 700), (-3600, -300), (-3000, -1500),
     (-1600, -1300)],
    [(-150, 1130), (-120, 1750), (-700, 1960), (-2300, 2150), (-3300, 1700), (-2200, 1250), (-700, 1130)],
]  # fmt: skip
FIELDS: list[list[Metres]] = [
    [(-100, -60), (600, -90), (980, -60), (940, -1500), (200, -1700), (-250, -900)],
    [(1120, -60), (1900, -80), (2050, -1400), (1500, -2300), (1030, -1500)],
    [(2320, -70), (3200, -60), (3480, -100), (3560, -1000), (3450, -2300), (2700, -2700), (2310, -1400)],
    [
        (-120, 2250),
        (-60, 2700),
        (-100, 3150),
        (-900, 3200),
        (-2700, 3250),
        (-3600, 2950),
        (-1800, 2500),
        (-900, 2350),
    ],
]
BANYAN_PARK: list[Metres] = [
    (980, 420), (1130, 380), (1320, 400), (1420, 520), (1400, 690), (1270, 790), (1080, 780), (970, 640),
]  # fmt: skip
BANYAN_POND: list[Metres] = [(1130, 560), (1200, 520), (1280, 560), (1260, 630), (1160, 640)]
MOON_LAKE_PARK_WIDTH_M = 80.0
OLD_TOWN_CENTER: Metres = (2930, 880)
OLD_TOWN_RADII: Metres = (640, 540)

# Rail and main streets ---------------------------------------------------------------------------------------------
RAIL: list[Metres] = [
    (2900, -9000), (2500, -4500), (2230, -1500), (2140, -200), (2110, 400), (2080, 900), (2060, 1400), (2070, 1750), (2110, 2100), (2200, 2430),
    (2300, 2820), (2370, 3200), (2410, 3700), (2420, 4800), (2100, 7000), (2000, 13000),
]  # fmt: skip


@dataclass(frozen=True)
class MainStreet:
    """A street drawn by hand; `highway` is its OpenStreetMap class."""

    name_zh: str
    name_en: str
    highway: Literal["primary", "secondary", "tertiary", "pedestrian", "living_street"]
    points: list[Metres]


MAIN_STREETS: list[MainStreet] = [
    MainStreet("安澜大道", "Anlan Avenue", "primary",
               [(-9000, 1200), (-4000, 1150), (-1500, 1020), (60, 1010), (700, 990), (1300, 1040), (1800, 1060), (2070, 1050), (2292, 1000)]),
    MainStreet("榕桥大道", "Rongqiao Avenue", "primary",
               [(1900, -9000), (1300, -4000), (980, -1500), (900, 60), (860, 560), (880, 1010), (930, 1500), (950, 2090), (960, 2500), (1010, 3130),
                (1000, 3320)]),
    MainStreet("迎宾路", "Yingbin Road", "secondary",
               [(1640, 80), (1610, 320), (1590, 700), (1600, 1055), (1570, 1480), (1590, 1950), (1620, 2470), (1700, 3130),
                (1710, 3290)]),
    MainStreet("新渡路", "Xindu Road", "secondary",
               [(2950, 1425), (2960, 1700), (2930, 1950), (2800, 2200), (2660, 2420), (2630, 2800), (2650, 3150),
                (2700, 3640)]),
    MainStreet("望江大道", "Wangjiang Avenue", "primary",
               [(-9000, 3700), (-4000, 3000), (-1200, 2560), (60, 2500), (500, 2510), (960, 2500), (1620, 2470), (2205, 2440), (2660, 2420), (2950, 2390),
                (3300, 2390), (3450, 2410)]),
    MainStreet("北环路", "North Ring Road", "secondary",
               [(130, 3110), (600, 3140), (1010, 3130), (1700, 3130), (2310, 3150)]),
    MainStreet("南环路", "South Ring Road", "secondary",
               [(55, 340), (450, 320), (880, 310), (1610, 320), (2060, 330)]),
    MainStreet("柳荫路", "Liuyin Road", "tertiary",
               [(40, 1490), (400, 1500), (930, 1500), (1570, 1480), (2010, 1460)]),
    MainStreet("榕西路", "Rongxi Road", "tertiary",
               [(440, 75), (450, 320), (420, 600), (400, 1000), (420, 1500), (450, 1925)]),
    MainStreet("桥北路", "Qiaobei Road", "tertiary",
               [(500, 2085), (500, 2510), (580, 2800), (600, 3140), (590, 3250)]),
    MainStreet("石坊街", "Shifang Street", "pedestrian",
               [(2292, 960), (2600, 890), (2930, 900), (3250, 865), (3568, 905)]),
    MainStreet("文庙街", "Wenmiao Street", "living_street",
               [(2890, 165), (2910, 342), (2945, 600), (2930, 900), (2965, 1150), (2950, 1425)]),
    MainStreet("石坊南路", "Shifang South Road", "tertiary",
               [(2180, 190), (2500, 170), (2890, 165), (3300, 190), (3580, 180)]),
    MainStreet("新渡酒吧街", "Xindu Bar Street", "pedestrian",
               [(2868, 2095), (3150, 2085), (3450, 2075), (3745, 2085)]),
    MainStreet("夜市街", "Night Market Street", "pedestrian", [(2943, 590), (3200, 560), (3474, 598)]),
    MainStreet("东市口", "Dongshikou", "tertiary", [(3568, 905), (3690, 920)]),
    MainStreet("湖东路", "East Lake Road", "tertiary",
               [(3290, 2390), (3310, 2700), (3300, 3150), (3330, 3680)]),
    MainStreet("湖北路", "North Lake Road", "secondary",
               [(2420, 3160), (2650, 3150), (3000, 3170), (3300, 3150), (3600, 3130), (3860, 3150)]),
    MainStreet("山前路", "Shanqian Road", "tertiary",
               [(2470, 3560), (2700, 3590), (3330, 3600), (3760, 3570)]),
]  # fmt: skip

# Areas -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CommunityPlan:
    """A community: any point inside it tells which piece of land it is."""

    slug: str
    street: str
    name_zh: str
    name_en: str
    label: Metres
    population: int


STREETS_OFFICES: dict[str, tuple[str, str]] = {
    "rongqiao": ("榕桥街道", "Rongqiao"),
    "shifang": ("石坊街道", "Shifang"),
    "wangjiang": ("望江街道", "Wangjiang"),
}
COMMUNITIES: list[CommunityPlan] = [
    CommunityPlan("rongdong", "rongqiao", "榕东社区", "Rongdong", (1240, 600), 9200),
    CommunityPlan("rongxi", "rongqiao", "榕西社区", "Rongxi", (430, 650), 8100),
    CommunityPlan("qiaobei", "rongqiao", "桥北社区", "Qiaobei", (1150, 2800), 7600),
    CommunityPlan("liuhe", "rongqiao", "柳河社区", "Liuhe", (1150, 1500), 6900),
    CommunityPlan("shifang", "shifang", "石坊社区", "Shifang", (2620, 1180), 6100),
    CommunityPlan("wenmiao", "shifang", "文庙社区", "Wenmiao", (3230, 1180), 5200),
    CommunityPlan("huaixiang", "shifang", "槐巷社区", "Huaixiang", (2620, 560), 5800),
    CommunityPlan("dongshi", "shifang", "东市社区", "Dongshi", (3230, 560), 7400),
    CommunityPlan("yugang", "wangjiang", "渔港社区", "Yugang", (3440, 2900), 6600),
    CommunityPlan("xindu", "wangjiang", "新渡社区", "Xindu", (2500, 2140), 8800),
    CommunityPlan("binhu", "wangjiang", "滨湖社区", "Binhu", (2800, 3080), 9900),
    CommunityPlan("wangjiang", "wangjiang", "望江社区", "Wangjiang", (3000, 3400), 4400),
]
# Lines that part the built-up land into communities; main streets are named, so that a border runs in a street's middle.
BORDER_STREETS = ("安澜大道", "石坊街", "文庙街", "东市口", "望江大道", "湖北路", "湖东路")
BORDER_LINES: list[list[Metres]] = [
    [(880, 1010), (860, 560), (900, 60), (905, -200)],
    [(2950, 1425), (2960, 1700), (2945, 1960)],
    [(2890, 165), (2880, -200)],
    [(3680, 920), (4400, 920)],
    [(3440, 2410), (4400, 2380)],
    [(3855, 3150), (4400, 3150)],
    [(2100, 1050), (2300, 990), (2292, 960)],
    [(2440, 3160), (2340, 3160)],
    [(3295, 2380), (3290, 2395)],
]

# Named places ------------------------------------------------------------------------------------------------------
PlaceKind = Literal[
    "police_station", "police_post", "school", "hospital", "market", "bar_street", "night_market", "station_square",
    "station", "park", "bus_stop", "clinic", "library", "community_center", "ferry", "temple", "parking", "charging",
]  # fmt: skip


@dataclass(frozen=True)
class PlacePlan:
    """A named place; `site` asks for a whole block of ground, as a school has."""

    kind: PlaceKind
    name_zh: str
    name_en: str
    at: Metres
    site: bool = False


PLACES: list[PlacePlan] = [
    PlacePlan("police_station", "榕桥派出所", "Rongqiao Police Station", (960, 1120)),
    PlacePlan("police_station", "石坊派出所", "Shifang Police Station", (2420, 960)),
    PlacePlan("police_station", "望江派出所", "Wangjiang Police Station", (2720, 2370)),
    PlacePlan("police_post", "榕东亲警驿站", "Rongdong Police Corner", (1500, 330)),
    PlacePlan("police_post", "柳河亲警驿站", "Liuhe Police Corner", (1180, 1940)),
    PlacePlan("police_post", "桥北亲警驿站", "Qiaobei Police Corner", (980, 2520)),
    PlacePlan("police_post", "站前亲警驿站", "Station Police Corner", (1900, 1380)),
    PlacePlan("police_post", "石坊老街亲警驿站", "Old Street Police Corner", (2760, 900)),
    PlacePlan("police_post", "东市亲警驿站", "East Market Police Corner", (3260, 620)),
    PlacePlan("police_post", "新渡亲警驿站", "Xindu Police Corner", (3080, 2095)),
    PlacePlan("police_post", "月湖亲警驿站", "Moon Lake Police Corner", (2720, 2560)),
    PlacePlan("police_post", "渔港亲警驿站", "Fishing Harbour Police Corner", (3440, 2700)),
    PlacePlan("school", "榕桥小学", "Rongqiao Primary School", (640, 560), True),
    PlacePlan("school", "榕桥中学", "Rongqiao Middle School", (1240, 1290), True),
    PlacePlan("school", "桥北小学", "Qiaobei Primary School", (1300, 2800), True),
    PlacePlan("school", "文庙小学", "Wenmiao Primary School", (3130, 1090), True),
    PlacePlan("school", "新渡小学", "Xindu Primary School", (2480, 2180), True),
    PlacePlan("school", "望江中学", "Wangjiang Middle School", (3000, 3400), True),
    PlacePlan("hospital", "乐湾人民医院", "Lewan Hospital", (720, 1270), True),
    PlacePlan("market", "榕桥菜场", "Rongqiao Market", (1760, 700), True),
    PlacePlan("market", "石坊老街菜场", "Shifang Old Street Market", (2560, 1010), True),
    PlacePlan("market", "渔港海鲜市场", "Fishing Harbour Seafood Market", (3390, 2560), True),
    PlacePlan("market", "桥北菜场", "Qiaobei Market", (760, 2660), True),
    PlacePlan("bar_street", "新渡酒吧街", "Xindu Bar Street", (3250, 2090)),
    PlacePlan("night_market", "东市夜市", "East Market Night Market", (3240, 560)),
    PlacePlan("station_square", "站前广场", "Station Square", (1945, 1265)),
    PlacePlan("station", "乐湾站", "Lewan Station", (2035, 1265)),
    PlacePlan("park", "榕园", "Banyan Park", (1330, 460)),
    PlacePlan("park", "月湖公园", "Moon Lake Park", (2840, 2560)),
    PlacePlan("temple", "文庙", "Wenmiao Temple", (3010, 1000), True),
    PlacePlan("library", "乐湾图书馆", "Lewan Library", (1480, 1120), True),
    PlacePlan("ferry", "新渡码头", "Xindu Ferry", (3560, 1845)),
    PlacePlan("clinic", "槐巷卫生站", "Huaixiang Clinic", (2620, 640)),
    PlacePlan("clinic", "望江卫生站", "Wangjiang Clinic", (3360, 3300)),
    PlacePlan("clinic", "榕西卫生站", "Rongxi Clinic", (420, 820)),
    PlacePlan("community_center", "滨湖邻里中心", "Binhu Neighbourhood Centre", (2760, 3100)),
    PlacePlan("community_center", "柳河邻里中心", "Liuhe Neighbourhood Centre", (1240, 1560)),
    PlacePlan("charging", "槐巷停车棚", "Huaixiang Cycle Shed", (2700, 720)),
    PlacePlan("charging", "柳河步道车棚", "Liuhe Riverside Cycle Shed", (760, 1990)),
    PlacePlan("bus_stop", "榕桥大道站", "Rongqiao Avenue", (890, 760)),
    PlacePlan("bus_stop", "站前广场站", "Station Square", (1880, 1080)),
    PlacePlan("bus_stop", "老城西门站", "Old Town West Gate", (2330, 1150)),
    PlacePlan("bus_stop", "东市站", "East Market", (3560, 860)),
    PlacePlan("bus_stop", "新渡桥站", "Xindu Bridge", (2860, 2120)),
    PlacePlan("bus_stop", "月湖站", "Moon Lake", (3300, 2700)),
    PlacePlan("bus_stop", "渔港站", "Fishing Harbour", (3450, 2480)),
    PlacePlan("bus_stop", "北环路站", "North Ring Road", (1400, 3130)),
    PlacePlan("bus_stop", "望江站", "Wangjiang", (3000, 3595)),
    PlacePlan("bus_stop", "南环路站", "South Ring Road", (620, 320)),
]

CheckpointKind = Literal["qr", "nfc", "both"]
# About three to a community, in the order of COMMUNITIES; 24 with a QR plate, 8 with an NFC tag, 4 with both.
CHECKPOINTS: list[tuple[str, str, Metres, CheckpointKind]] = [
    ("榕园东门", "Banyan Park East Gate", (1430, 600), "qr"),
    ("榕桥菜场南口", "Rongqiao Market South", (1760, 640), "qr"),
    ("南环路口袋广场", "South Ring Corner", (1240, 320), "nfc"),
    ("榕桥小学门口", "Rongqiao Primary School Gate", (640, 480), "qr"),
    ("榕西活动室", "Rongxi Club Room", (300, 760), "qr"),
    ("安澜大道天桥", "Anlan Avenue Footbridge", (600, 1000), "nfc"),
    ("桥北菜场门口", "Qiaobei Market Gate", (760, 2600), "both"),
    ("北桥头", "North Bridgehead", (955, 2200), "qr"),
    ("桥北小学西侧", "Qiaobei Primary School West", (1220, 2800), "qr"),
    ("柳河步道西段", "Liuhe Riverside West", (300, 1890), "qr"),
    ("柳河步道东段", "Liuhe Riverside East", (1450, 1950), "nfc"),
    ("站前广场钟楼", "Station Square Clock", (1890, 1265), "both"),
    ("石坊牌楼", "Shifang Arch", (2420, 930), "qr"),
    ("老街菜场北口", "Old Street Market North", (2560, 1090), "qr"),
    ("井头巷口", "Jingtou Lane", (2760, 1220), "nfc"),
    ("文庙西门", "Wenmiao West Gate", (2960, 1010), "qr"),
    ("文庙小学门口", "Wenmiao Primary School Gate", (3130, 1020), "qr"),
    ("东北城角", "North-East Corner", (3370, 1290), "qr"),
    ("槐巷停车棚旁", "Huaixiang Cycle Shed", (2690, 700), "qr"),
    ("老槐树", "Old Locust Tree", (2560, 560), "nfc"),
    ("南门", "South Gate", (2910, 345), "both"),
    ("东市夜市入口", "Night Market Entrance", (3160, 560), "qr"),
    ("东市口岗亭", "Dongshikou Booth", (3560, 900), "qr"),
    ("滨海路观景台", "Coast Road Lookout", (3590, 450), "qr"),
    ("海鲜市场门口", "Seafood Market Gate", (3400, 2480), "qr"),
    ("渔港灯塔路口", "Lighthouse Corner", (3560, 2820), "nfc"),
    ("渔港北坡", "Harbour North Slope", (3620, 3120), "qr"),
    ("酒吧街东口", "Bar Street East End", (3600, 2080), "qr"),
    ("新渡桥北", "Xindu Bridge North", (2900, 2060), "qr"),
    ("新渡小学门口", "Xindu Primary School Gate", (2480, 2110), "nfc"),
    ("月湖南门", "Moon Lake South Gate", (2960, 2400), "both"),
    ("月湖观月亭", "Moon Pavilion", (2720, 2830), "qr"),
    ("滨湖邻里中心门口", "Neighbourhood Centre", (2760, 3160), "qr"),
    ("望江中学门口", "Wangjiang Middle School Gate", (3000, 3300), "qr"),
    ("山前公交站", "Shanqian Bus Stop", (3000, 3595), "qr"),
    ("望江台", "Wangjiang Terrace", (3700, 3400), "nfc"),
]

# Street names ------------------------------------------------------------------------------------------------------
MODERN_NAMES = ("榕Rong 春Chun 和He 景Jing 安An 康Kang 嘉Jia 明Ming 文Wen 新Xin 锦Jin 秀Xiu 宁Ning 乐Le",
                "园yuan 苑yuan 泰tai 兴xing 阳yang 林lin 瑞rui 祥xiang 悦yue 晖hui 庭ting 达da")  # fmt: skip
HARBOUR_NAMES = ("渔Yu 潮Chao 帆Fan 湖Hu 望Wang 海Hai 鸥Ou 月Yue 浪Lang 舟Zhou",
                 "歌ge 影ying 灯deng 风feng 声sheng 湾wan 光guang 岸an 桥qiao 星xing")  # fmt: skip
LANE_NAMES = """
槐花巷Huaihua 井头巷Jingtou 染坊弄Ranfang 打铁巷Datie 豆腐弄Doufu 书院巷Shuyuan 石狮巷Shishi 纸马弄Zhima 油车巷Youche
竹篾弄Zhumie 米行巷Mihang 盐仓巷Yancang 绣花弄Xiuhua 茶亭巷Chating 钟楼巷Zhonglou 鼓楼弄Gulou 桂花巷Guihua 梅园弄Meiyuan
柏树巷Boshu 银杏弄Yinxing 甜水巷Tianshui 双井弄Shuangjing 状元巷Zhuangyuan 笔墨弄Bimo 琴台巷Qintai 棋盘弄Qipan 花灯巷Huadeng
灯笼弄Denglong 糖坊巷Tangfang 酱园弄Jiangyuan 布市巷Bushi 草席弄Caoxi 鱼鳞巷Yulin 船厂弄Chuanchang 麻绳巷Masheng 瓦窑弄Wayao
砖桥巷Zhuanqiao 木梳弄Mushu 扇子巷Shanzi 伞坊弄Sanfang 铜锣巷Tongluo 银匠弄Yinjiang 锡器巷Xiqi 剪刀弄Jiandao 城隍巷Chenghuang
大夫弄Dafu 尚书巷Shangshu 学士弄Xueshi 贡院巷Gongyuan 牌楼弄Pailou 照壁巷Zhaobi 月台弄Yuetai 水门巷Shuimen 北门弄Beimen
南门巷Nanmen 东门弄Dongmen 西门巷Ximen 城根弄Chenggen 马道巷Madao 校场弄Jiaochang 仓桥巷Cangqiao 驿前弄Yiqian 柴市巷Chaishi
鸡鸣弄Jiming 雀儿巷Queer 燕子弄Yanzi 白鹭巷Bailu 青石弄Qingshi 红墙巷Hongqiang 乌衣弄Wuyi 紫藤巷Ziteng 碧萝弄Biluo
"""
