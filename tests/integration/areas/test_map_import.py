"""A map brought in must be used as a whole or not at all, from a screen as from the command line."""

import datetime as dt
import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import Point, Polygon

from backend.areas import importing
from backend.areas import service as areas
from backend.areas.models import Area, MapImport, NamedPlace
from backend.core.ids import uuid7
from backend.core.roles import Role
from backend.settings import Settings
from routing.street_engine import actor
from routing.streets import load_streets
from routing.town import Town, write_town
from tests.support.app import ApiClient
from tests.support.commands import run_lexun
from tests.support.district import browser_of, make_district
from tests.support.processes import BIN, ROOT, project_environment
from tests.support.streets import grid_place, write_grid
from tests.support.workers import run_due_jobs


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return write_town(tmp_path_factory.mktemp("town") / "lewan.osm.pbf")


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("grid") / "grid.osm.pbf")


@pytest.fixture
async def admin(app: object, new_client: Callable[[], ApiClient]) -> ApiClient:
    """The administrator of the district lewan."""
    district = await make_district()
    return await browser_of(new_client, await district.person(Role.ADMIN))


def bytes_of(path: Path) -> bytes:
    """The file's content."""
    return path.read_bytes()


async def announce(admin: ApiClient, data: bytes, path: str = "lewan", **more: Any) -> dict[str, Any]:
    new = {"id": str(uuid7()), "path": path, "file_name": "街道.osm.pbf", "bytes": len(data), **more}
    answer = await admin.post("/api/map-imports", json=new)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def send(admin: ApiClient, import_id: str, data: bytes, offset: int = 0) -> Any:
    return await admin.put(
        f"/api/map-imports/{import_id}/parts?offset={offset}",
        content=data,
        headers={"Content-Type": "application/octet-stream"},
    )


async def bring_in(admin: ApiClient, data: bytes, path: str = "lewan", **more: Any) -> dict[str, Any]:
    """Announce, send in two parts, build; how it ended."""
    announced = await announce(admin, data, path, **more)
    half = len(data) // 2
    for offset, part in ((0, data[:half]), (half, data[half:])):
        if part:
            answer = await send(admin, announced["id"], part, offset)
            assert answer.status_code == 200, answer.text
    await run_due_jobs(importing.IMPORT_JOB)
    return (await admin.get(f"/api/map-imports/{announced['id']}")).json()


async def test_a_street_file_becomes_the_districts_map(
    admin: ApiClient, grid: Path, settings: Settings
) -> None:
    """Sent in parts and built, the file is the district's streets, tiles, base map and places; nothing is left behind."""
    ended = await bring_in(admin, bytes_of(grid))
    assert (ended["state"], ended["progress"], ended["failure"]) == ("done", 1, None)
    district = await Area.get(path="lewan")
    assert ended["area_id"] == str(district.id)
    streets = await areas.streets_path(district, settings.data_dir)
    assert bytes_of(streets) == bytes_of(grid)
    assert load_streets(streets).length_km > 20
    assert actor(await areas.valhalla_tiles(district, settings.data_dir)).status({})
    listed = {each["path"]: each for each in (await admin.get("/api/areas")).json()}
    basemap = listed["lewan"]["basemap"]
    assert listed["lewan/street/community-0"]["basemap"] == basemap
    assert (await admin.get(basemap["url"])).content.startswith(b"PMTiles")
    names = {path.name for path in (settings.data_dir / "maps").iterdir()}
    assert names == {streets.parent.name, basemap["url"].rsplit("/", 1)[1]}
    assert [each["id"] for each in (await admin.get("/api/map-imports")).json()] == [ended["id"]]
    log = (await admin.get("/api/audit", params={"area_id": str(district.id)})).json()["items"]
    assert "map.import" in {entry["action"] for entry in log}


async def test_another_file_replaces_the_first(
    admin: ApiClient, grid: Path, town: Town, settings: Settings
) -> None:
    """The second import's streets and places take over; names and outline of the area stay; the old folder waits for
    its readers until the next tidying a day later."""
    await bring_in(admin, bytes_of(grid))
    before = await Area.get(path="lewan")
    old = await areas.streets_path(before, settings.data_dir)
    assert (await bring_in(admin, bytes_of(town.path)))["state"] == "done"
    after = await Area.get(path="lewan")
    assert (after.name_zh, after.geometry) == (before.name_zh, before.geometry)
    new = await areas.streets_path(after, settings.data_dir)
    assert new != old
    assert old.exists()
    names = set(await NamedPlace.all().values_list("name", flat=True))
    assert "东西3路" not in names
    assert "新渡酒吧街" in names
    await importing.tidy()
    assert old.exists()
    long_ago = time.time() - 3 * 86_400
    for path in (settings.data_dir / "maps").iterdir():
        os.utime(path, (long_ago, long_ago))
    await importing.tidy()
    assert not old.parent.exists()
    assert new.exists()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data[: len(data) // 2], "streets-unreadable"),
        (lambda data: b"no map at all, but long enough to be sent", "streets-unreadable"),
    ],
)
async def test_a_bad_file_changes_nothing(
    admin: ApiClient, grid: Path, settings: Settings, spoil: Callable[[bytes], bytes], code: str
) -> None:
    """A broken file is refused with its own name and a reason in two languages, and the old map stays in use."""
    await bring_in(admin, bytes_of(grid))
    before = await Area.get(path="lewan")
    files = set((settings.data_dir / "maps").iterdir())
    ended = await bring_in(admin, spoil(bytes_of(grid)))
    assert (ended["state"], ended["failure"]["code"]) == ("failed", code)
    for words in (ended["failure"]["zh"], ended["failure"]["en"]):
        assert "街道.osm.pbf" in words
        assert str(settings.data_dir) not in words
    after = await Area.get(path="lewan")
    assert (after.streets_key, after.basemap) == (before.streets_key, before.basemap)
    assert set((settings.data_dir / "maps").iterdir()) == files
    assert (await admin.get("/api/places", params={"area_id": str(after.id), "q": "第0"})).json()


async def test_parts_may_come_twice_but_not_out_of_order(admin: ApiClient, grid: Path) -> None:
    """A part whose answer was lost is sent again without harm; a gap is refused and says where to go on."""
    data = bytes_of(grid)
    announced = await announce(admin, data)
    begun = len(data) // 3
    first = await send(admin, announced["id"], data[:begun])
    assert (await send(admin, announced["id"], data[:begun])).json() == first.json()
    gap = await send(admin, announced["id"], data[2 * begun :], 2 * begun)
    assert gap.status_code == 409
    assert gap.json()["code"] == "part-out-of-order"
    assert gap.json()["params"] == {"received_bytes": begun}
    assert (await send(admin, announced["id"], b"", begun)).status_code == 422
    assert (await send(admin, announced["id"], data[begun:] + b"more", begun)).status_code == 422
    rest = await send(admin, announced["id"], data[begun:], begun)
    assert (rest.json()["state"], rest.json()["received_bytes"]) == ("building", len(data))
    assert (await send(admin, announced["id"], data[begun:], begun)).json()["state"] == "building"
    assert (await send(admin, announced["id"], b"x", len(data))).status_code == 409
    again = await admin.post(
        "/api/map-imports",
        json={"id": announced["id"], "path": "lewan", "file_name": "街道.osm.pbf", "bytes": len(data)},
    )
    assert again.json()["received_bytes"] == len(data)


async def test_building_twice_is_building_once(admin: ApiClient, grid: Path) -> None:
    """A job that runs again after its end, as after a crash, changes nothing."""
    ended = await bring_in(admin, bytes_of(grid))
    before = await Area.get(path="lewan")
    await importing.carry_out(uuid.UUID(ended["id"]))
    assert (await Area.get(path="lewan")).streets_key == before.streets_key


async def test_a_part_of_the_district_is_added(admin: ApiClient, grid: Path, settings: Settings) -> None:
    """A new area needs a name and the one above it; its outline is the one given, else the box of its streets."""
    data = bytes_of(grid)
    refused = await admin.post(
        "/api/map-imports",
        json={"id": str(uuid7()), "path": "lewan/new/far", "file_name": "f", "bytes": 9, "time_zone": "Mars"},
    )
    assert refused.status_code == 422
    assert {each["field"] for each in refused.json()["errors"]} == {"path", "name_zh", "time_zone"}
    ring = [grid_place(*spot) for spot in ((0, 0), (900, 0), (900, 900), (0, 900), (0, 0))]
    outline = {"type": "Polygon", "coordinates": [[list(place) for place in ring]]}
    ended = await bring_in(admin, data, "lewan/new", name_zh="新街道", boundary=outline)
    assert ended["state"] == "done"
    made = await Area.get(path="lewan/new")
    assert (made.kind, made.name_zh, made.name_en) == ("street", "新街道", "新街道")
    assert made.west == pytest.approx(ring[0][0], abs=1e-6)
    assert (await areas.streets_path(made, settings.data_dir)).read_bytes() == data
    with pytest.raises(areas.StreetsMissing):
        await areas.streets_path(await Area.get(path="lewan"), settings.data_dir)
    box = await bring_in(admin, data, "lewan/box", name_zh="框", name_en="Box")
    assert box["state"] == "done"
    assert (await Area.get(path="lewan/box")).east == pytest.approx(grid_place(1050, 0)[0], abs=1e-4)
    none = await bring_in(admin, data, "lewan/rel", name_zh="关系", relation=77)
    assert (none["state"], none["failure"]["code"]) == ("failed", "bad-boundary")


async def test_only_the_areas_administrators(
    admin: ApiClient, new_client: Callable[[], ApiClient], grid: Path
) -> None:
    """Neither an officer nor another district's administrator begins, sees or feeds an import."""
    announced = await announce(admin, bytes_of(grid))
    other = await make_district("other", center=(121.7, 28.0))
    officer = await browser_of(new_client, await other.person(Role.OFFICER, name="别人"))
    stranger = await browser_of(new_client, await other.person(Role.ADMIN))
    for browser in (officer, stranger):
        new = {"id": str(uuid7()), "path": "lewan", "file_name": "f", "bytes": 9}
        assert (await browser.post("/api/map-imports", json=new)).status_code == 403
        assert (await browser.get(f"/api/map-imports/{announced['id']}")).status_code == 404
        assert (await send(browser, announced["id"], b"x")).status_code == 404
        assert (await browser.get("/api/map-imports")).json() == []
        district = await Area.get(path="lewan")
        assert (await browser.get("/api/places", params={"area_id": str(district.id)})).status_code == 404


async def test_an_upload_that_stopped_is_given_up(
    admin: ApiClient, grid: Path, clock: Any, settings: Settings
) -> None:
    """After a day without its end an upload has failed and says so."""
    announced = await announce(admin, bytes_of(grid))
    await send(admin, announced["id"], b"abc")
    await importing.tidy()
    assert (await MapImport.get(id=announced["id"])).state == "uploading"
    clock.advance(dt.timedelta(days=1, minutes=5))
    await importing.tidy()
    found = (await admin.get(f"/api/map-imports/{announced['id']}")).json()
    assert (found["state"], found["failure"]["code"]) == ("failed", "upload-stopped")


async def test_places_by_name(admin: ApiClient, town: Town) -> None:
    """Areas, streets and what the map knows are found by the beginning of a name, then by a part of it, in two
    languages; schools and clinics are marked; signs mean themselves."""
    await bring_in(admin, bytes_of(town.path), boundary=town.areas[0].geometry)
    district = await Area.get(path="lewan")

    async def ask(q: str, **more: Any) -> list[dict[str, Any]]:
        answer = await admin.get("/api/places", params={"area_id": str(district.id), "q": q, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert {(each["name"], each["kind"]) for each in await ask("新渡酒吧")} == {
        ("新渡酒吧街", "bar"),
        ("新渡酒吧街", "street"),
    }
    hospital = (await ask("人民医院"))[0]
    assert (hospital["kind"], hospital["never_a_target"]) == ("hospital", True)
    market = (await ask("石坊老街菜场"))[0]
    assert not market["never_a_target"]
    english = next(p for p in town.places if p.kind == "hospital").name_en
    assert english in {each["name_en"] for each in await ask(english[:6].upper())}
    starts = [each["name"] for each in await ask("榕", limit=50)]
    assert starts
    begun = [name.startswith("榕") for name in starts]
    assert begun == sorted(begun, reverse=True)
    assert [(each["name"], each["kind"]) for each in await ask("第1")] == [("第1社区", "area")]
    assert await ask("%") == await ask("_") == await ask("\\") == []
    assert len(await ask("路", limit=3)) == 3
    part = await Area.get(path="lewan/street/community-0")
    inside = (await admin.get("/api/places", params={"area_id": str(part.id), "q": "路", "limit": 50})).json()
    assert all(part.west <= each["lon"] <= part.east for each in inside)


async def test_directions(admin: ApiClient, grid: Path) -> None:
    """A walk is told step by step in both languages, as long as its steps; a place off the streets is named."""
    district = await Area.get(path="lewan")

    async def ask(*spots: tuple[float, float], **more: Any) -> Any:
        places = [list(grid_place(*spot)) for spot in spots]
        return await admin.post(
            "/api/directions", json={"area_id": str(district.id), "places": places, **more}
        )

    assert (await ask((0, 50), (450, 300))).json()["code"] == "streets-missing"
    await bring_in(admin, bytes_of(grid))
    found = (await ask((0, 50), (450, 300), (450, 800), night=True)).json()
    assert found["length_m"] == pytest.approx(sum(step["length_m"] for step in found["steps"]), rel=1e-3)
    assert [step["kind"] for step in found["steps"]].count("arrive") == 2
    assert "东西3路" in " ".join(step["zh"] for step in found["steps"])
    assert "East-west 3 Road" in " ".join(step["en"] for step in found["steps"])
    slow = (await ask((0, 50), (450, 300), (450, 800), profile="slow")).json()
    assert slow["walk_s"] > found["walk_s"]
    off = await ask((0, 50), (0, 5000))
    assert off.status_code == 422
    assert off.json()["errors"][0]["field"] == "places.1"


async def test_reach(admin: ApiClient, grid: Path) -> None:
    """From a place the areas grow with the minutes and hold what is near; a place off the streets is named."""
    district = await Area.get(path="lewan")
    ask = {"area_id": str(district.id), "place": list(grid_place(450, 300)), "minutes": [10, 5]}
    assert (await admin.post("/api/reach", json=ask)).json()["code"] == "streets-missing"
    await bring_in(admin, bytes_of(grid))
    areas_found = (await admin.post("/api/reach", json=ask)).json()["areas"]
    assert [each["minutes"] for each in areas_found] == [5, 10]
    five, ten = (Polygon(each["rings"][0]) for each in areas_found)
    assert five.contains(Point(grid_place(450, 500))) and not five.contains(Point(grid_place(450, 850)))
    assert ten.contains(Point(grid_place(450, 850)))
    slow = (await admin.post("/api/reach", json={**ask, "profile": "slow"})).json()["areas"]
    assert Polygon(slow[0]["rings"][0]).area < five.area
    off = await admin.post("/api/reach", json={**ask, "place": list(grid_place(0, 5000))})
    assert (off.status_code, off.json()["errors"][0]["field"]) == (422, "place")
    assert (await admin.post("/api/reach", json={**ask, "minutes": [0]})).status_code == 422


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lexun(settings: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `lexun area import` over this test's database."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return run_lexun("area", "import", *words, environment=environment(settings))

    return run


def command(*words: str) -> list[str]:
    return [str(BIN / "lexun"), "area", "import", *words]


def environment(settings: Settings) -> dict[str, str]:
    return project_environment(
        {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
    )


async def test_the_command(
    lexun: Callable[..., subprocess.CompletedProcess[str]], database: Settings, grid: Path, tmp_path: Path
) -> None:
    """A new district in one command with its progress; a bad file, boundary or area ends in one line and changes nothing."""
    done = lexun(str(grid), "--area", "gewang", "--name", "格网区", "--name-en", "Grid")
    assert done.returncode == 0, done.stderr
    assert "gewang 格网区: 22 km of streets" in done.stdout
    told = [line.split(maxsplit=1)[1] for line in done.stderr.splitlines()]
    assert told == ["reading streets", "walking graph", "routing tiles", "base map"]
    made = await Area.get(path="gewang")
    assert (made.kind, made.name_en, made.time_zone) == ("district", "Grid", "Asia/Shanghai")
    maps = set((database.data_dir / "maps").iterdir())
    cut, nothing = tmp_path / "cut.osm.pbf", tmp_path / "nothing.osm.pbf"
    cut.write_bytes(bytes_of(grid)[:-9])
    nothing.write_bytes(b"")
    wrong = tmp_path / "wrong.geojson"
    wrong.write_text(json.dumps({"type": "Point", "coordinates": [1, 2]}))
    for words, said in (
        ((str(cut), "--area", "gewang"), "truncated"),
        ((str(nothing), "--area", "gewang"), "empty"),
        ((str(tmp_path / "none.osm.pbf"), "--area", "gewang"), "does not exist"),
        ((str(grid), "--area", "gewang", "--boundary", str(wrong)), "not a Polygon"),
        ((str(grid), "--area", "gewang", "--relation", "5"), "relation 5"),
        ((str(grid), "--area", "Ge Wang", "--name", "x"), "lower-case"),
        ((str(grid), "--area", "nobody/there", "--name", "x"), "nobody"),
        ((str(grid), "--area", "unnamed"), "name"),
    ):
        refused = lexun(*words)
        assert refused.returncode == 2, refused.stderr
        last = refused.stderr.splitlines()[-1]
        assert last.startswith("lexun area: ")
        assert said in last
        assert "Traceback" not in refused.stderr
    assert set((database.data_dir / "maps").iterdir()) == maps
    assert (await Area.get(path="gewang")).streets_key == made.streets_key


def kill_while_building(words: list[str], environ: dict[str, str]) -> None:
    """Run the command and kill it once it draws the base map."""
    with subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        assert any("base map" in line for line in process.stderr)
        process.kill()
        assert process.wait() == -signal.SIGKILL


async def test_killed_in_the_middle_the_old_map_stays(
    lexun: Callable[..., subprocess.CompletedProcess[str]], database: Settings, grid: Path, town: Town
) -> None:
    """kill -9 while building leaves the old map in use, and the next import succeeds."""
    assert lexun(str(grid), "--area", "gewang", "--name", "格网区").returncode == 0
    before = await Area.get(path="gewang")
    kill_while_building(command(str(town.path), "--area", "gewang"), environment(database))
    after = await Area.get(path="gewang")
    assert (after.streets_key, after.basemap) == (before.streets_key, before.basemap)
    streets = await areas.streets_path(after, database.data_dir)
    assert bytes_of(streets) == bytes_of(grid)
    assert lexun(str(town.path), "--area", "gewang").returncode == 0
    renewed = await Area.get(path="gewang")
    assert (await areas.streets_path(renewed, database.data_dir)).read_bytes() == bytes_of(town.path)
