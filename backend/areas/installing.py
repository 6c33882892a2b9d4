"""Giving an area a map that was built: the area itself where it is new, its streets, base map and named places."""

import re
import zoneinfo
from typing import TYPE_CHECKING, Any

import msgspec

from backend.areas import places, service
from backend.areas.models import Area
from backend.areas.schemas import BaseMap
from backend.core.db import atomic
from backend.core.problems import FieldError, InvalidFields

if TYPE_CHECKING:  # building a map needs libraries that serving does not
    from routing.district_map import DistrictMap

KINDS = ("district", "street", "community")
"""An area's kind by the number of parts above it in its path."""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
TIME_ZONE = "Asia/Shanghai"


class Target(msgspec.Struct, frozen=True):
    """The area that is to have a map; empty names and zone leave what is there.

    `outline` (GeoJSON) None leaves the outline of an area that is there, and gives a new one the box of the streets.
    """

    path: str
    name_zh: str = ""
    name_en: str = ""
    time_zone: str = ""
    outline: dict[str, Any] | None = None

    @property
    def slug(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


async def check(target: Target) -> Area | None:
    """The area of the target, None when it is to be made; `InvalidFields` naming what stands in the way."""
    parts = target.path.split("/")
    if len(parts) > len(KINDS) or not all(SLUG.fullmatch(part) for part in parts):
        message = "Use lower-case letters, digits and hyphens, at most three parts such as lucheng/nanpu/xihu"
        raise InvalidFields([FieldError("path", "invalid", message, target.path)])
    errors: list[FieldError] = []
    if target.time_zone and target.time_zone not in zoneinfo.available_timezones():
        errors.append(
            FieldError("time_zone", "unknown", "Use a name such as Asia/Shanghai", target.time_zone)
        )
    known = await service.by_path(target.path)
    parent_path = target.path.rpartition("/")[0]
    if known is None and not target.name_zh.strip():
        errors.append(FieldError("name_zh", "required", "A new area needs a name", target.name_zh))
    if parent_path and await service.by_path(parent_path) is None:
        errors.append(FieldError("path", "no-parent", f"Import the area {parent_path} first", target.path))
    if errors:
        raise InvalidFields(errors)
    return known


@atomic
async def install(target: Target, built: "DistrictMap", *, demo: bool = False) -> Area:
    """Let the target use this map from now on, as a whole: a reader sees the old one or the new one."""
    from routing.boundary import boundary_of_box

    area = await check(target)
    if area is None:
        area = await service.create(
            parent=await service.by_path(target.path.rpartition("/")[0]),
            slug=target.slug,
            kind=KINDS[target.path.count("/")],
            name_zh=target.name_zh.strip(),
            name_en=target.name_en.strip() or target.name_zh.strip(),
            geometry=target.outline or boundary_of_box(built.bounds),
            time_zone=target.time_zone or TIME_ZONE,
            demo=demo,
        )
    else:
        service.describe(
            area, target.name_zh.strip(), target.name_en.strip(), target.time_zone, target.outline
        )
    await use_map(area, built)
    return area


async def use_map(area: Area, built: "DistrictMap") -> None:
    """Let the area use this map from now on; in the caller's transaction."""
    basemap = BaseMap(
        url=f"/maps/{built.basemap.sha256}.pmtiles",
        sha256=built.basemap.sha256,
        min_zoom=built.basemap.min_zoom,
        max_zoom=built.basemap.max_zoom,
    )
    area.streets_key = built.streets_key
    area.basemap = msgspec.to_builtins(basemap)
    await area.save()
    await places.replace(area, built)
