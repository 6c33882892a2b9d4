"""A small district with people in it, and browsers signed in as them, for tests that go through HTTP."""

import uuid
from collections.abc import Callable
from typing import Any

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core import clock, sessions
from backend.core.db import atomic
from backend.core.roles import Role
from backend.people import service as people
from backend.people.models import Person
from tests.support.app import ApiClient

CENTER = (120.700, 28.000)
COMMUNITY_WIDTH_DEGREES = 0.01


class District:
    """One district ("lewan") with a street and communities side by side, each about a kilometre wide."""

    def __init__(self, district: Area, communities: list[Area]) -> None:
        self.district = district
        self.communities = communities
        self._phones = 0

    async def person(
        self,
        *roles: Role,
        community: int = 0,
        at: Area | None = None,
        on_duty: bool = True,
        verified: bool = True,
        birth_year: int = 1980,
        name: str = "某人",
    ) -> Person:
        """Add a person who lives in a community; `roles` hold in `at`, by default the district."""

        @atomic
        async def add() -> Person:
            self._phones += 1
            made = await people.create_person(
                phone=f"139{self.district.id.int % 10_000:04}{self._phones:04}",
                name=name,
                password_hash="-",
                birth_year=birth_year,
                area_id=self.communities[community].id,
                area_path=self.communities[community].path,
                verified=verified,
                roles=(),
            )
            area = at or self.district
            for role in roles:
                await sessions.grant_role(made.id, role, area_id=area.id, area_path=area.path)
            if on_duty:
                await people.set_duty(made.id, True)
            return made

        return await add()

    async def volunteer(self, **values: Any) -> Person:
        """Add a volunteer of a community."""
        return await self.person(Role.VOLUNTEER, **values)


def box(lon: float, lat: float, width: float = COMMUNITY_WIDTH_DEGREES) -> dict[str, Any]:
    """A square around a point, as GeoJSON."""
    west, east, south, north = lon - width / 2, lon + width / 2, lat - width / 2, lat + width / 2
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


async def make_district(
    slug: str = "lewan", communities: int = 3, center: tuple[float, float] = CENTER
) -> District:
    """Write a district with communities from west to east; the first lies around `center`."""
    lon, lat = center

    @atomic
    async def write() -> District:
        district = await areas.create(
            parent=None,
            slug=slug,
            kind="district",
            name_zh="乐湾区",
            name_en="Lewan",
            geometry=box(lon, lat, 0.2),
        )
        street = await areas.create(
            parent=district,
            slug="street",
            kind="street",
            name_zh="街道",
            name_en="Street",
            geometry=box(lon, lat, 0.15),
        )
        made = [
            await areas.create(
                parent=street,
                slug=f"community-{number}",
                kind="community",
                name_zh=f"第{number}社区",
                name_en=f"Community {number}",
                geometry=box(lon + number * COMMUNITY_WIDTH_DEGREES, lat),
            )
            for number in range(communities)
        ]
        return District(district, made)

    return await write()


async def sign_in(client: ApiClient, person: Person, *, fresh: bool = True) -> uuid.UUID:
    """Give the browser a session of the person and the CSRF cookie; returns the session's id."""
    session, token = await sessions.open_session(person.id, device_name="test", days=30, password_given=fresh)
    client.cookies.set(sessions.COOKIE, token)
    await client.get("/api/session")
    return session.id


async def browser_of(new_client: Callable[[], ApiClient], person: Person, *, fresh: bool = True) -> ApiClient:
    """One more browser, signed in as the person."""
    client = new_client()
    await sign_in(client, person, fresh=fresh)
    return client


def now_text() -> str:
    """The clock's time as the wire has it."""
    return clock.now().isoformat()
