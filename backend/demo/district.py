"""Demo: the town's streets, base map and areas."""

import msgspec

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core.db import atomic
from backend.core.pools import in_thread
from backend.settings import Settings
from routing.basemap import BasemapInfo, build_basemap
from routing.town import Town, write_town

SEED = 20260801
STREETS_KEY = "lewan.osm.pbf"


async def make_maps(settings: Settings) -> tuple[Town, BasemapInfo]:
    """Write the town's streets and its base map into the data folder, the same bytes each time."""
    folder = settings.data_dir / "maps"
    folder.mkdir(parents=True, exist_ok=True)
    town = await in_thread(write_town, folder / STREETS_KEY, seed=SEED)
    drawn = folder / "lewan.pmtiles"
    basemap = await in_thread(build_basemap, folder / STREETS_KEY, drawn)
    drawn.replace(folder / f"{basemap.sha256}.pmtiles")
    return town, basemap


@atomic
async def make_areas(town: Town, basemap: BasemapInfo) -> dict[str, Area]:
    """The district, its streets and communities; returns them by path."""
    made: dict[str, Area] = {}
    for area in sorted(town.areas, key=lambda each: each.path.count("/")):
        parent_path, _, slug = area.path.rpartition("/")
        made[area.path] = await areas.create(
            parent=made.get(parent_path),
            slug=slug,
            kind=area.kind,
            name_zh=area.name_zh,
            name_en=area.name_en,
            geometry=area.geometry,
            demo=True,
        )
    district = next(area for area in made.values() if area.kind == "district")
    district.streets_key = STREETS_KEY
    district.basemap = msgspec.to_builtins(
        {
            "url": f"/maps/{basemap.sha256}.pmtiles",
            "sha256": basemap.sha256,
            "min_zoom": basemap.min_zoom,
            "max_zoom": basemap.max_zoom,
        }
    )
    await district.save(update_fields=["streets_key", "basemap"])
    return made
