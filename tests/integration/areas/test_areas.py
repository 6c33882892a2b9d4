"""Areas: what one sees of the tree, where a place lies, and the files that belong to a district."""

from collections.abc import Callable
from pathlib import Path

import pytest
from geojson_pydantic import Feature

from backend.areas import service as areas
from backend.areas.models import Area
from backend.core import sessions
from backend.core.roles import Role
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.district import CENTER, COMMUNITY_WIDTH_DEGREES, box, browser_of, make_district


async def test_one_sees_ones_own_districts_whole(new_client: Callable[[], ApiClient]) -> None:
    """Every level of one's district, none of another; the base map is the district's at every level."""
    district = await make_district()
    await make_district("other", center=(121.5, 28.5))
    basemap = {"url": "/maps/ab.pmtiles", "sha256": "ab", "min_zoom": 10, "max_zoom": 14}
    await Area.filter(id=district.district.id).update(basemap=basemap)
    browser = await browser_of(new_client, await district.person(Role.VOLUNTEER, at=district.communities[0]))
    found = (await browser.get("/api/areas")).json()
    assert [area["kind"] for area in found] == ["district", "street", "community", "community", "community"]
    assert {area["path"].split("/")[0] for area in found} == {"lewan"}
    assert all(area["basemap"] == basemap for area in found)
    west, south, east, north = found[0]["bounds"]
    assert west < found[0]["center"][0] < east and south < found[0]["center"][1] < north


async def test_a_boundary_is_geojson(new_client: Callable[[], ApiClient]) -> None:
    """A valid Feature with its names."""
    district = await make_district()
    browser = await browser_of(new_client, await district.volunteer())
    answer = await browser.get(f"/api/areas/{district.communities[0].id}/boundary")
    feature = Feature.model_validate(answer.json())
    assert feature.geometry is not None and feature.geometry.type == "Polygon"
    assert answer.json()["properties"] == {
        "name_zh": "第0社区",
        "name_en": "Community 0",
        "kind": "community",
    }


async def test_a_place_lies_in_one_community(database: Settings) -> None:
    """By its outline, not its box alone; beyond the last there is none."""
    district = await make_district()
    lon, lat = CENTER
    for number, community in enumerate(district.communities):
        found = await areas.containing(lon + number * COMMUNITY_WIDTH_DEGREES, lat)
        assert found is not None and found.id == community.id
    assert await areas.containing(lon + 1, lat) is None
    corner = {"type": "Polygon", "coordinates": [[[130, 30], [131, 30], [130, 31], [130, 30]]]}
    await areas.create(
        parent=district.district,
        slug="corner",
        kind="community",
        name_zh="角",
        name_en="Corner",
        geometry=corner,
    )
    assert await areas.containing(130.9, 30.9) is None  # in the box, outside the triangle
    assert (found := await areas.containing(130.1, 30.1)) is not None and found.slug == "corner"


async def test_below_means_below_and_not_beside(database: Settings) -> None:
    """Slugs that begin alike, hold LIKE's signs or differ in case are others."""
    district = await make_district("a_b", communities=1)
    for slug in ("a_b-north", "axb", "A_B"):
        await areas.create(
            parent=None, slug=slug, kind="district", name_zh="区", name_en="D", geometry=box(100, 20)
        )
        parent = await areas.by_path(slug)
        await areas.create(
            parent=parent, slug="c", kind="community", name_zh="社", name_en="C", geometry=box(100, 20)
        )
    wanted = {"a_b", "a_b/street", "a_b/street/community-0"}
    assert {area.path for area in await areas.within("a_b")} == wanted
    assert len(await areas.descendant_ids(district.district)) == len(wanted)
    person = await district.volunteer()
    actor = sessions.Actor(person.id, person.id, await sessions.grants_of(person.id), None)
    assert {area.path for area in await areas.listed(actor)} == wanted
    nobody = sessions.Actor(person.id, person.id, (), None)
    assert await areas.listed(nobody) == []


async def test_streets_that_were_never_imported_are_missed_clearly(
    database: Settings, tmp_path: Path
) -> None:
    """The refusal names the district; once the file is there, it is found from every level."""
    district = await make_district()
    with pytest.raises(areas.StreetsMissing) as refused:
        await areas.streets_path(district.communities[0], tmp_path)
    assert refused.value.params == {"area": "乐湾区"}
    await Area.filter(id=district.district.id).update(streets_key="lewan.osm.pbf")
    with pytest.raises(areas.StreetsMissing):
        await areas.streets_path(district.communities[0], tmp_path)
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "lewan.osm.pbf").write_bytes(b"x")
    assert await areas.streets_path(district.communities[0], tmp_path) == tmp_path / "maps" / "lewan.osm.pbf"
    with pytest.raises(areas.StreetsMissing):
        await areas.valhalla_tiles(district.communities[0], tmp_path)
    (tmp_path / "maps" / "tiles.tar").write_bytes(b"x")
    assert await areas.valhalla_tiles(district.communities[0], tmp_path) == tmp_path / "maps" / "tiles.tar"
