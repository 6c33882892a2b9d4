"""Demo: the town's streets, base map and areas."""

import random
import tempfile
from pathlib import Path

from backend.areas import installing
from backend.areas import service as areas
from backend.areas.models import Area
from backend.core.db import atomic
from backend.core.pools import in_thread
from backend.settings import Settings
from routing.district_map import DistrictMap, build_district_map
from routing.town import Town, write_town

SEED = 20260801
RESIDENTS = (4_200, 10_400, 100)
"""How many people live in a community: from, to below, in steps of."""
STATION_PHONE = "0577 8000 0110"
SLUG = "lewan"


async def make_maps(settings: Settings) -> tuple[Town, DistrictMap]:
    """Write the town's streets and build its map in the data folder, as an import would."""
    maps = settings.data_dir / "maps"
    with tempfile.TemporaryDirectory(prefix="lexun-town-") as folder:
        town = await in_thread(write_town, Path(folder) / f"{SLUG}.osm.pbf", seed=SEED)
        return town, await in_thread(build_district_map, town.path, maps, SLUG)


async def renew_map(settings: Settings) -> None:
    """Build the map of a district that was made when maps held less; does nothing when it has all."""
    district = await areas.by_path(SLUG)
    if district is None:
        return
    try:
        await areas.valhalla_tiles(district, settings.data_dir)
    except areas.StreetsMissing:
        _, built = await make_maps(settings)
        await atomic(installing.use_map)(district, built)


@atomic
async def make_areas(town: Town, built: DistrictMap) -> dict[str, Area]:
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
    dice = random.Random(SEED)
    for area in made.values():
        if area.kind == "community":
            area.settings = {"residents": dice.randrange(*RESIDENTS)}
            await area.save(update_fields=["settings"])
    district = next(area for area in made.values() if area.kind == "district")
    district.settings = {"station_phone": STATION_PHONE}
    await district.save(update_fields=["settings"])
    await installing.use_map(district, built)
    return made
