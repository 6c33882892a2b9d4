"""Demo: the people of the login cards, the volunteers and the teams. All names and numbers are made up."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from backend.areas.models import Area
from backend.core import clock, sessions
from backend.core.db import atomic
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.people import passwords
from backend.people.models import Consent, Person, Team
from routing.world import demo_people

VOLUNTEERS = 600
PASSWORD = "lewan-demo"
WALKER_PHONE = "1990000"
ON_DUTY_SHARE = 3


class Card(msgspec.Struct, frozen=True):
    """A person whom one can be with one tap."""

    key: str
    name: str
    phone: str
    birth_year: int
    home: str
    roles: tuple[tuple[Role, str], ...]
    role_zh: str
    role_en: str
    note_zh: str
    note_en: str


CARDS = (
    Card(
        "volunteer",
        "王秀英",
        "19911110001",
        1958,
        "lewan/shifang/shifang",
        ((Role.VOLUNTEER, "lewan"),),
        "志愿者",
        "Volunteer",
        "68 岁，石坊老街巡逻队",
        "68, walks with the Old Street team",
    ),
    Card(
        "leader",
        "陈晓梅",
        "19911110002",
        1999,
        "lewan/shifang/shifang",
        ((Role.VOLUNTEER, "lewan"), (Role.LEADER, "lewan")),
        "队长",
        "Team leader",
        "27 岁，石坊老街巡逻队队长",
        "27, leads the Old Street team",
    ),
    Card(
        "officer",
        "林卫东",
        "19911110003",
        1988,
        "lewan/shifang/shifang",
        ((Role.OFFICER, "lewan"),),
        "民警",
        "Officer",
        "石坊派出所：排方案、审巡逻、发协查",
        "Shifang Station: plans, reviews, drafts alerts",
    ),
    Card(
        "approver",
        "周敏",
        "19911110004",
        1979,
        "lewan/shifang/shifang",
        ((Role.APPROVER, "lewan"), (Role.OFFICER, "lewan")),
        "值班所长",
        "Approver",
        "石坊派出所：审批协查",
        "Shifang Station: approves alerts",
    ),
    Card(
        "poster",
        "李桂芳",
        "19911110005",
        1983,
        "lewan/shifang/shifang",
        ((Role.POSTER, "lewan/shifang/shifang"),),
        "社区",
        "Community",
        "石坊社区：发布任务",
        "Shifang community: posts tasks",
    ),
    Card(
        "merchant",
        "何师傅",
        "19911110006",
        1975,
        "lewan/shifang/shifang",
        (),
        "平安合伙人",
        "Merchant",
        "老街面馆：核销兑换券",
        "Old Street Noodles: redeems vouchers",
    ),
    Card(
        "admin",
        "郑涛",
        "19911110007",
        1986,
        "lewan/shifang/shifang",
        ((Role.ADMIN, "lewan"),),
        "管理员",
        "Administrator",
        "乐湾区：人员、权限、审计",
        "Lewan: people, roles, audit",
    ),
)

SPECIAL_TEAMS = (
    ("lewan/wangjiang", "望江水上救援队", "Wangjiang Water Rescue"),
    ("lewan/rongqiao", "金牌调解团", "Golden Mediators"),
    ("lewan/shifang", "护学岗志愿队", "School Crossing Team"),
    ("lewan/rongqiao", "反诈宣讲队", "Fraud Prevention Speakers"),
)


@atomic
async def make_people(areas: dict[str, Area], password_hash: str) -> dict[str, Person]:
    """Teams, volunteers and the people of the cards; returns the latter by key."""
    teams = await _make_teams(areas)
    cards = {card.key: await _make_card(card, areas, teams, password_hash) for card in CARDS}
    await _make_volunteers(areas, teams, password_hash)
    return cards


async def hashed_password() -> str:
    """One hash for every demo account: they are told apart by their one-tap logins."""
    return await passwords.hash_password(PASSWORD)


async def _make_teams(areas: dict[str, Area]) -> dict[str, list[Team]]:
    teams: dict[str, list[Team]] = {}
    number = 0
    for path, area in areas.items():
        if area.kind != "community":
            continue
        for which in (1, 2):
            number += 1
            teams.setdefault(path, []).append(
                await _make_team(
                    area,
                    f"{area.name_zh.removesuffix('社区')}巡逻{which}队",
                    f"{area.name_en} Patrol {which}",
                    f"LEWAN{number:02}",
                )
            )
    for path, name_zh, name_en in SPECIAL_TEAMS:
        number += 1
        await _make_team(areas[path], name_zh, name_en, f"LEWAN{number:02}")
    return teams


async def _make_team(area: Area, name_zh: str, name_en: str, code: str) -> Team:
    return await Team.create(
        id=uuid7(), area_id=area.id, name_zh=name_zh, name_en=name_en, invite_code=code, demo=True
    )


async def _make_card(
    card: Card, areas: dict[str, Area], teams: dict[str, list[Team]], password_hash: str
) -> Person:
    walks = any(role is Role.VOLUNTEER for role, _ in card.roles)
    person = await Person.create(
        id=uuid7(),
        phone=card.phone,
        name=card.name,
        password_hash=password_hash,
        birth_year=card.birth_year,
        verified=True,
        on_duty=walks,
        area_id=areas[card.home].id,
        team_id=teams[card.home][0].id if walks else None,
        demo=True,
        created_at=clock.now(),
    )
    for role, path in card.roles:
        await sessions.grant_role(person.id, role, area_id=areas[path].id, area_path=path)
    return person


async def _make_volunteers(areas: dict[str, Area], teams: dict[str, list[Team]], password_hash: str) -> None:
    district = areas["lewan"]
    now = clock.now()
    people: list[Person] = []
    grants: list[sessions.RoleGrant] = []
    consents: list[Consent] = []
    for number, made in enumerate(demo_people(count=VOLUNTEERS, year=now.year)):
        person = _volunteer(made, number, areas, teams, password_hash, now)
        people.append(person)
        grants.append(
            sessions.RoleGrant(
                id=uuid7(),
                user_id=person.id,
                role=Role.VOLUNTEER,
                area_id=district.id,
                area_path=district.path,
                granted_at=now,
            )
        )
        consents.append(
            Consent(id=uuid7(), user_id=person.id, kind="whereabouts", version=1, granted=True, at=now)
        )
    await Person.bulk_create(people, batch_size=200)
    await sessions.RoleGrant.bulk_create(grants, batch_size=200)
    await Consent.bulk_create(consents, batch_size=200)


def _volunteer(
    made: dict[str, Any],
    number: int,
    areas: dict[str, Area],
    teams: dict[str, list[Team]],
    password_hash: str,
    now: dt.datetime,
) -> Person:
    path = made["community"]
    return Person(
        id=uuid7(),
        phone=made["phone"],
        name=made["name"],
        password_hash=password_hash,
        birth_year=made["birth_year"],
        locale=made["locale"],
        verified=made["verified"],
        on_duty=number % ON_DUTY_SHARE == 0 and made["verified"],
        area_id=areas[path].id,
        team_id=teams[path][number % 2].id,
        demo=True,
        created_at=now,
    )


async def card_person(key: str) -> Person | None:
    """The person of a login card."""
    phone = next((card.phone for card in CARDS if card.key == key), None)
    return await Person.filter(phone=phone, demo=True).first() if phone else None


async def walkers(count: int) -> list[Person]:
    """Verified grown-up demo volunteers who may be sent on simulated walks, always the same."""
    born_before = clock.now().year - 20
    found = (
        await Person.filter(
            phone__startswith=WALKER_PHONE, demo=True, verified=True, birth_year__lt=born_before, on_duty=True
        )
        .order_by("phone")
        .limit(count)
    )
    return list(found)


def id_of(*parts: object) -> uuid.UUID:
    """An id that is the same each time for the same parts, for rows that a simulation makes again and again."""
    return uuid.uuid5(
        uuid.UUID("7c9f1a52-6b1e-5c2e-9a53-51a9d7f0c0de"), ":".join(str(part) for part in parts)
    )
