"""Finding a place by the beginning of its name: areas, streets and what else the district's map knows."""

import uuid
from typing import TYPE_CHECKING

from backend.areas import service
from backend.areas.models import Area, NamedPlace
from backend.areas.schemas import NamedPlaceOut
from backend.core.db import rows
from backend.core.ids import uuid7
from backend.core.sessions import Actor

if TYPE_CHECKING:  # building a map needs libraries that serving does not
    from routing.district_map import DistrictMap

NAME_LENGTH_MAX = 120
AT_ONCE = 500


async def found(actor: Actor, area_id: uuid.UUID, text: str, limit: int) -> list[NamedPlaceOut]:
    """At most `limit` places of the area whose names begin with `text`, then those that contain it.

    Areas come first, short names before long ones; an area that is a part of a district has the places in its box.
    Without a text the areas alone, which are the usual answer. `NotFound` when the actor does not see the area.
    """
    area = await service.visible(actor, area_id)
    wanted = " ".join(text.casefold().split())
    parts = [
        each
        for each in await service.within(area.path)
        if _rank(_search(each.name_zh, each.name_en), wanted) < 2
    ]
    parts.sort(
        key=lambda each: (_rank(_search(each.name_zh, each.name_en), wanted), len(each.name_zh), each.path)
    )
    answer = [
        NamedPlaceOut(each.name_zh, each.name_en, "area", each.center_lon, each.center_lat, False)
        for each in parts
    ]
    if wanted and len(answer) < limit:
        answer += await _on_map(area, wanted, limit - len(answer))
    return answer[:limit]


async def _on_map(area: Area, wanted: str, limit: int) -> list[NamedPlaceOut]:
    owner = await service.map_owner(area)
    if owner is None:
        return []
    pattern = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    known = await rows(
        "SELECT name, name_en, kind, lon, lat, never_a_target FROM named_place"
        " WHERE area_id = ? AND lon BETWEEN ? AND ? AND lat BETWEEN ? AND ? AND search LIKE ? ESCAPE '\\'"
        " ORDER BY CASE WHEN search LIKE ? ESCAPE '\\' OR search LIKE ? ESCAPE '\\' THEN 0 ELSE 1 END,"
        " LENGTH(name), name, kind, lon LIMIT ?",
        owner.id, area.west, area.east, area.south, area.north, f"%{pattern}%", f"{pattern}%", f"%\n{pattern}%", limit,
    )  # fmt: skip
    return [
        NamedPlaceOut(
            each["name"],
            each["name_en"],
            each["kind"],
            each["lon"],
            each["lat"],
            bool(each["never_a_target"]),
        )
        for each in known
    ]


async def replace(area: Area, built: "DistrictMap") -> None:
    """Let the area have the places of this map and no others; in the caller's transaction."""
    await NamedPlace.filter(area_id=area.id).delete()
    made = [
        NamedPlace(
            id=uuid7(),
            area_id=area.id,
            name=place.name[:NAME_LENGTH_MAX],
            name_en=place.name_en[:NAME_LENGTH_MAX],
            search=_search(place.name[:NAME_LENGTH_MAX], place.name_en[:NAME_LENGTH_MAX]),
            kind=place.kind,
            lon=place.lon,
            lat=place.lat,
            never_a_target=barred,
        )
        for place, barred in built.places
    ]
    await NamedPlace.bulk_create(made, batch_size=AT_ONCE)


def _search(name: str, name_en: str) -> str:
    return f"{name.casefold()}\n{name_en.casefold()}"[:250]


def _rank(search: str, wanted: str) -> int:
    """0 where a name begins so, 1 where one contains it, else 2."""
    if any(line.startswith(wanted) for line in search.split("\n")):
        return 0
    return 1 if wanted in search else 2
