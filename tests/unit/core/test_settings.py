"""Settings come from a file and the environment; whatever is wrong is named, with what to write instead."""

import re
import stat
import threading
from pathlib import Path

import pytest

from backend.settings import SECRET_LENGTH_MIN, Settings, SettingsError, load_settings

KEY = "k" * 32


def load(tmp_path: Path, **environ: str) -> Settings:
    """Settings from these variables, keeping its key in a folder of the test's own."""
    return load_settings({"LEXUN_DATA_DIR": str(tmp_path), **environ})


def refused(tmp_path: Path, **environ: str) -> str:
    """What the operator is told; always one line."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, **environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_suit_one_small_machine(tmp_path: Path) -> None:
    """SQLite, in memory, on loopback, no demo."""
    settings = load(tmp_path)
    assert (settings.database_url, settings.redis_url, settings.host, settings.port) == (
        "",
        "",
        "127.0.0.1",
        8000,
    )
    assert settings.worker and not settings.demo and settings.origin() == "http://127.0.0.1:8000"


def test_the_environment_is_read_in_its_own_words(tmp_path: Path) -> None:
    """Numbers, yes and no, lists with commas, paths."""
    settings = load(
        tmp_path,
        LEXUN_PORT="8150",
        LEXUN_WORKER="false",
        LEXUN_DEMO="1",
        LEXUN_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8 ,",
        LEXUN_WEB_DIR="some/where",
        LEXUN_PUBLIC_URL="https://patrol.example.org/",
        UNRELATED="x",
        LEXUN_TEST_ENGINE="sqlite",
    )
    assert (settings.port, settings.worker, settings.demo) == (8150, False, True)
    assert settings.trusted_proxies == ("127.0.0.1", "10.0.0.0/8")
    assert settings.web_dir == Path("some/where") and settings.origin() == "https://patrol.example.org"


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    """LEXUN_CONFIG names a TOML file with the same keys in small letters."""
    config = tmp_path / "lexun.toml"
    config.write_text('port = 9000\nhost = "0.0.0.0"\ntrusted_proxies = ["10.0.0.1"]\n')
    settings = load(tmp_path, LEXUN_CONFIG=str(config), LEXUN_PORT="9100")
    assert (settings.port, settings.host, settings.trusted_proxies) == (9100, "0.0.0.0", ("10.0.0.1",))


def test_unknown_keys_are_refused_and_the_known_are_told(tmp_path: Path) -> None:
    """In the environment and in the file: a typing error must not be a silent default."""
    assert (
        "LEXUN_PROT is not a setting" in (told := refused(tmp_path, LEXUN_PROT="1")) and "LEXUN_PORT" in told
    )
    config = tmp_path / "lexun.toml"
    config.write_text("prot = 1\n")
    assert "prot is not a setting" in (told := refused(tmp_path, LEXUN_CONFIG=str(config))) and "port" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEXUN_PORT", "abc"),
        ("LEXUN_PORT", "0"),
        ("LEXUN_PORT", "70000"),
        ("LEXUN_WORKER", "perhaps"),
        ("LEXUN_LOG_FORMAT", "xml"),
        ("LEXUN_SQLITE_SYNCHRONOUS", "OFF"),
        ("LEXUN_LOGIN_DAYS", "0"),
        ("LEXUN_DATABASE_POOL_SIZE", "-1"),
        ("LEXUN_TRUSTED_PROXIES", "proxy.example.org"),
        ("LEXUN_PUBLIC_URL", "patrol.example.org"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(tmp_path: Path, name: str, value: str) -> None:
    """Key, value and what is allowed."""
    told = refused(tmp_path, **{name: value})
    assert name in told and repr(value) in told and re.search(r": .{5,}", told)


@pytest.mark.parametrize("name", ["LEXUN_SECRET_KEY", "LEXUN_REDIS_URL"])
def test_secrets_are_not_repeated(tmp_path: Path, name: str) -> None:
    """An error may be read by others than the operator."""
    told = refused(tmp_path, **{name: "hunter2"})
    assert name in told and "hunter2" not in told


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    """With the command that makes a good one."""
    assert "openssl rand" in refused(tmp_path, LEXUN_SECRET_KEY="x" * (SECRET_LENGTH_MIN - 1))
    assert load(tmp_path, LEXUN_SECRET_KEY=KEY).secret_key == KEY


def test_a_missing_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    """The same key at every start, readable by the owner only, nothing left beside it."""
    folder = tmp_path / "new" / "data"
    first = load(folder).secret_key
    assert len(first) >= SECRET_LENGTH_MIN and load(folder).secret_key == first
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_many_processes_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    """Whoever comes second never reads a half-written key."""
    seen: list[str] = []
    start = threading.Barrier(8)

    def read() -> None:
        start.wait()
        seen.append(load(tmp_path).secret_key)

    for _ in range(10):
        seen.clear()
        (tmp_path / "secret_key").unlink(missing_ok=True)
        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 8 and len(set(seen)) == 1


def test_an_emptied_secret_is_noticed(tmp_path: Path) -> None:
    """A truncated file must not sign cookies with nothing."""
    (tmp_path / "secret_key").write_text("")
    assert "secret_key" in refused(tmp_path)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """A missing file, a folder, no TOML, and a data folder that is a file."""
    assert "not there" in refused(tmp_path, LEXUN_CONFIG=str(tmp_path / "none.toml"))
    assert "cannot be read" in refused(tmp_path, LEXUN_CONFIG=str(tmp_path))
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"port = \xff")
    assert "not TOML" in refused(tmp_path, LEXUN_CONFIG=str(bad))
    bad.write_text("port = ")
    assert "not TOML" in refused(tmp_path, LEXUN_CONFIG=str(bad))
    with pytest.raises(SettingsError, match="data_dir"):
        load_settings({"LEXUN_DATA_DIR": str(bad)})
