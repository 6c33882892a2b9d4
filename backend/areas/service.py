"""Use cases of areas: finding them by id, path or place, and the files that belong to a district."""

import uuid
from pathlib import Path
from typing import Any

import msgspec
from shapely.geometry import Point, shape
from tortoise.expressions import Q

from backend.areas.models import Area
from backend.areas.outlines import Ring as Ring
from backend.areas.outlines import outer_rings as outer_rings
from backend.areas.outlines import same_ground as same_ground
from backend.areas.schemas import AreaOut, AreaRef, AreaSettings, AreaSettingsPatch, BaseMap
from backend.core import audit
from backend.core.db import atomic, row, sql
from backend.core.ids import uuid7
from backend.core.problems import NotFound, Problem
from backend.core.roles import DESK_ROLES, Role
from backend.core.sessions import Actor
from routing.street_engine import tiles_beside


class StreetsMissing(Problem):
    """The district has no street map yet."""

    status, code, title = 409, "streets-missing", "This district has no street map yet"


async def get(area_id: uuid.UUID) -> Area:
    """The area; `NotFound` when there is none."""
    area = await Area.filter(id=area_id).first()
    if area is None:
        raise NotFound(kind="area", id=str(area_id))
    return area


async def visible(actor: Actor, area_id: uuid.UUID) -> Area:
    """The area, if the actor belongs to its district; `NotFound` otherwise, so that ids cannot be guessed."""
    area = await get(area_id)
    if not sees(actor, area.path):
        raise NotFound(kind="area", id=str(area_id))
    return area


def sees(actor: Actor, area_path: str) -> bool:
    """Whether the actor has anything to do with the district of `area_path`."""
    district = district_slug(area_path)
    return any(grant.area_path == "" or district_slug(grant.area_path) == district for grant in actor.grants)


def district_slug(area_path: str) -> str:
    """The first part of a path: the district, which is the tenant."""
    return area_path.split("/", 1)[0]


async def by_path(path: str) -> Area | None:
    """The area with this path."""
    return await Area.filter(path=path).first()


async def district_of(area: Area) -> Area:
    """The district that `area` lies in (itself, when it is one)."""
    if area.kind == "district":
        return area
    return await Area.get(path=district_slug(area.path))


async def within(path: str) -> list[Area]:
    """The area with this path and everything below it."""
    found = await Area.filter(Q(path=path) | Q(path__startswith=path + "/")).order_by("path")
    return [area for area in found if area.path == path or area.path.startswith(path + "/")]


async def descendant_ids(area: Area) -> list[uuid.UUID]:
    """Ids of the area and of everything below it."""
    return await ids_within(area.path)


async def ids_within(path: str) -> list[uuid.UUID]:
    """Ids of the area with this path and of everything below it, without their outlines."""
    found = (
        await Area.filter(Q(path=path) | Q(path__startswith=path + "/"))
        .order_by("path")
        .values_list("id", "path")
    )
    # LIKE knows no case on SQLite; a path does.
    return [area_id for area_id, each in found if each == path or each.startswith(path + "/")]


async def containing(lon: float, lat: float, kind: str = "community") -> Area | None:
    """The area of `kind` whose boundary holds the point (WGS-84 degrees)."""
    boxed = await Area.filter(
        kind=kind, west__lte=lon, east__gte=lon, south__lte=lat, north__gte=lat
    ).order_by("path")
    point = Point(lon, lat)
    return next((area for area in boxed if shape(area.geometry).covers(point)), None)


def holds(area: Area, lon: float, lat: float) -> bool:
    """Whether the area's boundary holds the point (WGS-84 degrees)."""
    return shape(area.geometry).covers(Point(lon, lat))


async def refs(area_ids: set[uuid.UUID]) -> dict[uuid.UUID, AreaRef]:
    """Name tags of several areas at once."""
    found = await Area.filter(id__in=list(area_ids)) if area_ids else []
    return {area.id: ref(area) for area in found}


def ref(area: Area) -> AreaRef:
    """The area's name tag."""
    return AreaRef(id=area.id, path=area.path, name_zh=area.name_zh, name_en=area.name_en)


async def listed(actor: Actor) -> list[AreaOut]:
    """Every area of the districts that the actor has to do with."""
    wanted = Area.all()
    if not any(grant.area_path == "" for grant in actor.grants):
        districts = {district_slug(grant.area_path) for grant in actor.grants}
        if not districts:
            return []
        below = [Q(path__startswith=slug + "/") for slug in districts]
        wanted = Area.filter(Q(Q(path__in=list(districts)), *below, join_type="OR"))
    return _all_out([area for area in await wanted.order_by("path") if sees(actor, area.path)])


async def public() -> list[AreaOut]:
    """Every area by name and place, for people who have no login yet and look for theirs."""
    return _all_out(await Area.all().order_by("path"))


def _all_out(areas: list[Area]) -> list[AreaOut]:
    """Areas on the wire, each after the area above it: what has no base map of its own has that of the area above."""
    basemaps: dict[str, Any] = {}
    for area in areas:
        basemaps[area.path] = area.basemap or basemaps.get(area.path.rpartition("/")[0])
    return [_out(area, basemaps[area.path]) for area in areas]


def _out(area: Area, basemap: Any) -> AreaOut:
    return AreaOut(
        id=area.id,
        parent_id=area.parent_id,
        path=area.path,
        kind=area.kind,
        name_zh=area.name_zh,
        name_en=area.name_en,
        center=(area.center_lon, area.center_lat),
        bounds=(area.west, area.south, area.east, area.north),
        time_zone=area.time_zone,
        demo=area.demo,
        basemap=BaseMap(**basemap) if basemap else None,
    )


async def map_owner(area: Area) -> Area | None:
    """The area whose map covers this one: itself, or the nearest above it that has one; None without any."""
    parts = area.path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    found = await Area.filter(path__in=above, streets_key__not_isnull=True)
    return max(found, key=lambda each: len(each.path), default=None)


def settings_of(area: Area) -> AreaSettings:
    """What was decided about the area, or what holds where nothing was."""
    return msgspec.convert(area.settings, AreaSettings)


async def settings(actor: Actor, area_id: uuid.UUID) -> AreaSettings:
    """The area's settings, for the desk."""
    area = await visible(actor, area_id)
    actor.require_any(DESK_ROLES, area.path)
    return settings_of(area)


async def station_phone(area: Area) -> str | None:
    """Whom to call besides 110: the area's own station, or that of the nearest area above it that named one."""
    parts = area.path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    named = [each for each in await Area.filter(path__in=above) if settings_of(each).station_phone]
    nearest = max(named, key=lambda each: len(each.path), default=None)
    return settings_of(nearest).station_phone if nearest else None


async def hold(area_id: uuid.UUID) -> None:
    """Let nobody else hold this area until the transaction ends, for what is looked up first and then written."""
    # SQLite's transactions begin with the write lock and need no more.
    await row(f"SELECT id FROM area WHERE id = ? {sql(sqlite='', postgres='FOR NO KEY UPDATE')}", area_id)


@atomic
async def change_settings(actor: Actor, area_id: uuid.UUID, patch: AreaSettingsPatch) -> AreaSettings:
    """Change the area's settings, for its officers and administrators; what `patch` leaves out stays."""
    area = await visible(actor, area_id)
    actor.require_any((Role.OFFICER, Role.ADMIN), area.path)
    await hold(area.id)
    await area.refresh_from_db(fields=["settings"])
    changes = msgspec.to_builtins(patch)
    area.settings = {**area.settings, **changes}
    await area.save(update_fields=["settings"])
    await audit.record(actor, "area.settings", "area", area.id, area_id=area.id, details=changes)
    return settings_of(area)


async def districts() -> list[Area]:
    """Every district."""
    return await Area.filter(kind="district").order_by("path")


async def streets_path(area: Area, data_dir: Path) -> Path:
    """The local .osm.pbf that covers the area; `StreetsMissing` when none was ever imported."""
    owner = await map_owner(area)
    path = data_dir / "maps" / owner.streets_key if owner and owner.streets_key else None
    if path is None or not path.exists():
        raise StreetsMissing(area=(await district_of(area)).name_zh)
    return path


async def valhalla_tiles(area: Area, data_dir: Path) -> Path:
    """Valhalla's tiles of the map that covers the area, for `routing.street_engine`; `StreetsMissing` when it has none.

    An import makes a new file, so one that was found here stays as it is.
    """
    path = tiles_beside(await streets_path(area, data_dir))
    if not path.exists():
        raise StreetsMissing(area=(await district_of(area)).name_zh)
    return path


def describe(area: Area, name_zh: str, name_en: str, time_zone: str, geometry: dict[str, Any] | None) -> None:
    """Write what is given over what the area says of itself; the caller saves it."""
    area.name_zh, area.name_en = name_zh or area.name_zh, name_en or area.name_en
    area.time_zone = time_zone or area.time_zone
    if geometry:
        outline = shape(geometry)
        area.geometry = geometry
        area.west, area.south, area.east, area.north = outline.bounds
        center = outline.representative_point()
        area.center_lon, area.center_lat = center.x, center.y


async def create(
    *,
    parent: Area | None,
    slug: str,
    kind: str,
    name_zh: str,
    name_en: str,
    geometry: dict[str, Any],
    time_zone: str = "Asia/Shanghai",
    demo: bool = False,
) -> Area:
    """Add an area; its box and centre come from `geometry` (GeoJSON Polygon or MultiPolygon, WGS-84)."""
    outline = shape(geometry)
    west, south, east, north = outline.bounds
    center = outline.representative_point()
    return await Area.create(
        id=uuid7(),
        parent_id=parent.id if parent else None,
        path=f"{parent.path}/{slug}" if parent else slug,
        slug=slug,
        kind=kind,
        name_zh=name_zh,
        name_en=name_en,
        geometry=geometry,
        west=west,
        south=south,
        east=east,
        north=north,
        center_lon=center.x,
        center_lat=center.y,
        time_zone=time_zone,
        demo=demo,
    )
