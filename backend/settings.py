"""Settings: read once at start from a TOML file and from LEXUN_… variables; unknown keys are refused."""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

PREFIX = "LEXUN_"


class SettingsError(ValueError):
    """A setting is missing, unknown or wrong; the text says which, what it is, and what to write instead."""


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Everything an operator can set; docs/operate.md explains each."""

    data_dir: Path = Path("var/lexun")
    """Folder for the SQLite database, photos, base maps and keys."""
    database_url: str = ""
    """postgresql://user:password@host:5432/name; empty means SQLite in data_dir."""
    database_pool_size: int = 10
    """PostgreSQL connections a process may hold."""
    sqlite_synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """FULL also survives a power cut; NORMAL survives kill -9 only and writes 20-35 % faster."""
    redis_url: str = ""
    """redis://host:6379/0, needed as soon as more than one process serves; empty means in memory."""
    host: str = "127.0.0.1"
    port: int = 8000
    worker: bool = True
    """Run background jobs inside the serving process; false when `lexun worker` runs apart."""
    secret_key: str = ""
    """At least 32 characters; empty means one is made and kept in data_dir."""
    public_url: str = ""
    """The address people use, such as https://patrol.example.org; empty means http://host:port."""
    secure_cookies: bool = False
    """Send cookies over HTTPS only; set it wherever people do not come over plain loopback."""
    demo: bool = False
    """The demo district: one-tap logins and simulated walkers."""
    web_dir: Path = Path("pwa/dist")
    """The built web app."""
    media_url: str = ""
    """Where photos lie: empty means data_dir/media, else an address such as s3://bucket/prefix."""
    vapid_subject: str = "mailto:operator@lexun.invalid"
    """Whom a push service may write to about our messages."""
    push_allowed_hosts: tuple[str, ...] = (
        "updates.push.services.mozilla.com",
        "fcm.googleapis.com",
        "web.push.apple.com",
        "*.notify.windows.com",
    )
    """Hosts that push endpoints may have; a name of ours may be added for tests."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""
    metrics_token: str = ""
    """Bearer token for /metrics from other machines; empty means loopback only."""
    log_format: Literal["console", "json"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    login_days: int = 30
    """How long a login lasts without use."""

    def origin(self) -> str:
        """The address people use, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `LEXUN_CONFIG` (TOML), then `LEXUN_…` variables, then `overrides`.

    Raises `SettingsError` naming the key, the value and what is allowed. Makes and keeps a secret key when none is
    given.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    if config_path := environ.get(PREFIX + "CONFIG"):
        values.update(_from_file(Path(config_path)))
    known = {field.name for field in msgspec.structs.fields(Settings)}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in (PREFIX + "CONFIG",) or name.startswith(PREFIX + "TEST_"):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in known:
            raise SettingsError(f"{name} is not a setting; known are {_names(known)}")
        values[key] = [part.strip() for part in text.split(",") if part.strip()] if _is_list(key) else text
    values.update(overrides)
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise SettingsError(f"{error} (settings come from {PREFIX}… variables and {PREFIX}CONFIG)") from None
    if settings.secret_key and len(settings.secret_key) < 32:
        raise SettingsError("secret_key has fewer than 32 characters: make one with `openssl rand -hex 32`")
    if not settings.secret_key:
        settings = msgspec.structs.replace(settings, secret_key=_kept_secret(settings.data_dir))
    return settings


_current: Settings | None = None


def use(settings: Settings | None) -> None:
    """Make these the settings that `current` gives in this process; None forgets them."""
    global _current
    _current = settings


def current() -> Settings:
    """The settings this process runs with; those of the environment before it has begun."""
    return _current or load_settings()


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{PREFIX}CONFIG names {path}, which is not there") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None


def _is_list(key: str) -> bool:
    return key in ("push_allowed_hosts", "trusted_proxies")


def _names(known: set[str]) -> str:
    return ", ".join(PREFIX + name.upper() for name in sorted(known))


def _kept_secret(data_dir: Path) -> str:
    """The secret key of this data folder, made on first use and readable by the owner only."""
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text().strip()
