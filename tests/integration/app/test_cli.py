"""The command line answers quickly, does what it says, and tells what is wrong in one line with code 2."""

import json
import re
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result
from pyotp.totp import TOTP

from backend.cli import main
from backend.core.ids import uuid7
from backend.core.jobs import enqueue, queue
from backend.people.models import Person
from backend.settings import Settings
from tests.support.app import ApiClient
from tests.support.commands import run_lexun
from tests.support.district import make_district
from tests.support.processes import ROOT

COMMANDS = {
    "area",
    "audit",
    "backup",
    "bench",
    "demo",
    "evaluate",
    "forecast",
    "incidents",
    "jobs",
    "migrate",
    "openapi",
    "plan",
    "plans",
    "points",
    "serve",
    "user",
    "worker",
}


@pytest.fixture
def lexun(settings: Settings, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `lexun` over this test's database in a process of its own, beside this one's connection to it."""

    def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        own = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
        return run_lexun(*words, environment={**own, **environ})

    return run


@pytest.fixture
def lexun_here(settings: Settings) -> Callable[..., Result]:
    """Runs `lexun` over this test's database in this process, for what needs no process of its own."""

    def run(*words: str, **environ: str) -> Result:
        own = {"LEXUN_DATA_DIR": str(settings.data_dir), "LEXUN_DATABASE_URL": settings.database_url}
        return CliRunner().invoke(main, words, prog_name="lexun", env={**own, **environ})

    return run


def one_line(done: Result) -> str:
    """The only line that a refused command says."""
    assert done.exit_code == 2, done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_help_lists_every_command_without_loading_them() -> None:
    """No solver, no web framework, no database is imported for a list of words."""
    script = (
        "import sys\nfrom backend.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted(name for name in sys.modules if name in ('ortools', 'numba', 'litestar', 'tortoise', 'scipy')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    section = done.stdout.partition("Commands:")[2]
    assert set(re.findall(r"^  (\w+)  ", section, re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_listed_command_is_there(command: str) -> None:
    """Each has a help of its own."""
    done = CliRunner().invoke(main, [command, "--help"], prog_name="lexun")
    assert done.exit_code == 0 and f"lexun {command}" in done.stdout


def test_migrating_twice_is_harmless(lexun_here: Callable[..., Result], tmp_path: Path) -> None:
    """The second run finds nothing to do; a fresh folder is made on the way."""
    fresh = {"LEXUN_DATA_DIR": str(tmp_path / "fresh"), "LEXUN_DATABASE_URL": ""}
    for _ in range(2):
        done = lexun_here("migrate", **fresh)
        assert (done.exit_code, done.stdout) == (0, "The database is at the current schema.\n"), done.stderr
    assert (tmp_path / "fresh" / "lexun.sqlite3").exists()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"LEXUN_PORT": "abc"}, "'abc'"),
        ({"LEXUN_PROT": "1"}, "LEXUN_PROT is not a setting"),
        ({"LEXUN_SECRET_KEY": "short"}, "openssl"),
        ({"LEXUN_DATABASE_URL": "mysql://root@localhost/lexun"}, "postgresql://"),
        ({"LEXUN_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/lexun"}, "cannot be reached"),
        ({"LEXUN_CONFIG": "/nowhere/lexun.toml"}, "/nowhere/lexun.toml"),
    ],
)
def test_wrong_settings_end_in_one_line(
    lexun_here: Callable[..., Result], environ: dict[str, str], said: str
) -> None:
    """Code 2, what is wrong, no traceback, no password."""
    line = one_line(lexun_here("migrate", **environ))
    assert said in line and "hunter2" not in line


def test_the_openapi_document_is_written(lexun_here: Callable[..., Result], tmp_path: Path) -> None:
    """Needs no database; a missing folder is named."""
    out = tmp_path / "openapi.json"
    assert lexun_here("openapi", "--out", str(out)).exit_code == 0
    assert len(json.loads(out.read_text("utf-8"))["paths"]) > 50
    assert "no folder" in one_line(lexun_here("openapi", "--out", str(tmp_path / "none" / "openapi.json")))


async def test_an_administrator_is_added_and_can_sign_in(
    client: ApiClient, lexun: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """The first one comes from the command line, with a secret for an authenticator app that then works."""
    await make_district()
    wanted = [
        "--phone",
        "13800000001",
        "--name",
        "某人",
        "--birth-year",
        "1980",
        "--area",
        "lewan",
        "--role",
        "admin",
    ]
    done = lexun("user", "add", *wanted, "--password", "correct horse")
    assert done.returncode == 0, done.stderr
    secret = re.search(r"secret=(\w+)", done.stdout)
    assert secret is not None
    await client.get("/api/session")
    login = {"phone": "13800000001", "password": "correct horse"}
    assert (await client.post("/api/session", json=login)).json()["code"] == "second-factor-required"
    answer = await client.post("/api/session", json={**login, "totp": TOTP(secret[1]).now()})
    assert answer.status_code == 200 and [role["role"] for role in answer.json()["roles"]] == ["admin"]

    again = lexun("user", "add", *wanted, "--password", "correct horse")
    assert again.returncode == 1 and "has an account already" in again.stderr
    nowhere = lexun(
        "user", "add", *[word.replace("lewan", "atlantis") for word in wanted], "--password", "correct horse"
    )
    assert nowhere.returncode == 1 and "atlantis" in nowhere.stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--phone", "12"), ("--password", "short"), ("--name", ""), ("--role", "king")]
)
async def test_what_the_api_would_refuse_is_refused(
    database: Settings, lexun_here: Callable[..., Result], option: str, value: str
) -> None:
    """The option is named and nobody is added."""
    good = {"--phone": "13800000001", "--name": "某人", "--birth-year": "1980", "--area": "lewan", "--role": "admin", "--password": "long enough"}  # fmt: skip
    words = [word for pair in {**good, option: value}.items() for word in pair]
    done = lexun_here("user", "add", *words)
    assert done.exit_code == 2 and option in done.stderr
    assert await Person.all().count() == 0


async def test_a_new_second_factor_signs_every_device_out(
    client: ApiClient, lexun: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """For a lost phone: the old secret is worthless at once."""
    await make_district()
    wanted = [
        "--phone",
        "13800000001",
        "--name",
        "某人",
        "--birth-year",
        "1980",
        "--area",
        "lewan",
        "--role",
        "officer",
    ]
    old = re.search(r"secret=(\w+)", lexun("user", "add", *wanted, "--password", "correct horse").stdout)
    assert old is not None
    await client.get("/api/session")
    login = {"phone": "13800000001", "password": "correct horse", "totp": TOTP(old[1]).now()}
    assert (await client.post("/api/session", json=login)).status_code == 200
    new = re.search(r"secret=(\w+)", lexun("user", "second-factor", "--phone", "13800000001").stdout)
    assert new is not None and new[1] != old[1] and len(pyotp.random_base32()) == len(new[1])
    assert (await client.get("/api/me")).status_code == 401
    assert (await client.post("/api/session", json={**login, "totp": TOTP(old[1]).now()})).status_code == 401
    assert (await client.post("/api/session", json={**login, "totp": TOTP(new[1]).now()})).status_code == 200
    assert "no account" in lexun("user", "second-factor", "--phone", "13999999999").stderr
    lexun("user", "password", "--phone", "13800000001", "--password", "wrong donkey")
    assert (await client.get("/api/me")).status_code == 401
    assert (await client.post("/api/session", json=login)).json()["code"] == "wrong-credentials"


async def test_a_backup_holds_all_but_officers_files_and_opens_elsewhere(
    settings: Settings,
    database: Settings,
    lexun: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    engine: str,
) -> None:
    """Taken while the database is open: the copy has what was committed; the archive is its owner's alone, and never replaced."""
    await make_district()
    for name in ("media/photo.jpg", "imports/june.xlsx"):
        path = settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"kept")
    out = tmp_path / "away" / "lexun.tar"
    out.parent.mkdir()
    done = lexun("backup", str(out))
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o077 == 0 and [path.name for path in out.parent.iterdir()] == ["lexun.tar"]
    with tarfile.open(out) as tar:
        tar.extractall(tmp_path / "restored", filter="data")
    names = {path.name for path in (tmp_path / "restored").rglob("*") if path.is_file()}
    assert "photo.jpg" in names and "june.xlsx" not in names
    if engine == "postgres":
        assert "pg_dump" in done.stdout and "lexun.sqlite3" not in names
    else:
        restored = sqlite3.connect(tmp_path / "restored" / "lexun.sqlite3")
        assert restored.execute("SELECT count(*) FROM area").fetchone() == (5,)
        restored.close()
    assert "there already" in lexun("backup", str(out)).stderr
    assert "data folder itself" in lexun("backup", str(settings.data_dir / "copy.tar")).stderr


async def test_a_job_that_was_given_up_gets_a_second_chance(
    database: Settings, lexun: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """The list names it and its error; retry lets it wait again; an unknown id and no id at all are refused."""
    ids = []
    for text in ("the printer is on fire", "no paper"):
        await enqueue("nobody.knows", {})
        (job,) = await queue.claim(worker := uuid7(), 10, lease_s=60)
        assert await queue.fail(worker, job, text, attempts_max=1)
        ids.append(str(job.id))
    shown = lexun("jobs", "list").stdout
    assert "2 given up" in shown and all(word in shown for word in [*ids, "on fire", "no paper"])
    assert lexun("jobs", "retry", ids[0]).stdout == "1 job begins again.\n"
    again = lexun("jobs", "retry", ids[0])
    assert (again.returncode, ids[0] in again.stderr) == (1, True)
    assert lexun("jobs", "retry").returncode == 2
    assert lexun("jobs", "retry", "--all").stdout == "1 job begins again.\n"
    (job, *_) = await queue.claim(worker, 10, lease_s=60)
    assert not await queue.fail(worker, job, "out of toner", attempts_max=5)
    waiting = lexun("jobs", "list").stdout
    assert "1 waiting" in waiting and "nobody.knows: 1 for later, the next in " in waiting
    assert "out of toner" in waiting
