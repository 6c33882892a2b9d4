"""Settings: read once at start from a TOML file and from LEXUN_… variables; unknown keys are refused."""

import contextlib
import ipaddress
import os
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

PREFIX = "LEXUN_"
SECRET_LENGTH_MIN = 32
NOT_QUOTED = ("secret_key", "database_url", "redis_url", "media_url", "metrics_token")
"""Settings that hold passwords or keys: an error names them without their value."""


class SettingsError(ValueError):
    """A setting is missing, unknown or wrong; the text says which, what it is, and what to write instead."""


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Everything an operator can set; docs/operate.md explains each."""

    data_dir: Path = Path("var/lexun")
    """Folder for the SQLite database, photos, base maps and keys."""
    database_url: str = ""
    """postgresql://user:password@host:5432/name; empty means SQLite in data_dir."""
    database_pool_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    """PostgreSQL connections a process may hold."""
    sqlite_synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """FULL also survives a power cut; NORMAL survives kill -9 only and writes 20-35 % faster."""
    redis_url: str = ""
    """redis://host:6379/0, needed as soon as more than one process serves; empty means in memory."""
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8000
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
    webhook_private_hosts: tuple[str, ...] = ()
    """Hosts inside a private network that webhooks may lead to, such as hub.police.internal or 10.1.2.3:8443."""
    sms_hook_url: str = ""
    """Where text messages are posted for the station's gateway; empty means there are none."""
    sms_hook_secret: str = ""
    """What these posts are signed with (Standard Webhooks): whsec_ and base64."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""
    metrics_token: str = ""
    """Bearer token for /metrics from other machines; empty means loopback only."""
    log_format: Literal["console", "json"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    login_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
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
    values.update(_from_environment(environ))
    values.update(overrides)
    settings = _converted(values)
    _check(settings)
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


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG" or name.startswith(PREFIX + "TEST_"):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in Settings.__struct_fields__:
            raise SettingsError(f"{name} is not a setting; known are {_names()}")
        values[key] = [part.strip() for part in text.split(",") if part.strip()] if _is_list(key) else text
    return values


def _converted(values: Mapping[str, Any]) -> Settings:
    """The settings, each value turned into its type; the first that cannot be is named with its value."""
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    converted: dict[str, Any] = {}
    for key, value in values.items():
        if key not in types:
            raise SettingsError(f"{key} is not a setting; known are {', '.join(sorted(types))}")
        try:
            converted[key] = msgspec.convert(
                value, types[key], strict=False, dec_hook=lambda kind, given: kind(given)
            )
        except msgspec.ValidationError as error:
            raise _wrong(key, value, str(error)) from None
    return Settings(**converted)


def _wrong(key: str, value: Any, remedy: str) -> SettingsError:
    shown = "" if key in NOT_QUOTED else f" is {value!r}"
    return SettingsError(f"{key} ({PREFIX}{key.upper()}){shown}: {remedy}")


def _check(settings: Settings) -> None:
    """What a type cannot say."""
    if settings.secret_key and len(settings.secret_key) < SECRET_LENGTH_MIN:
        raise _wrong(
            "secret_key",
            None,
            f"it has fewer than {SECRET_LENGTH_MIN} characters; make one with `openssl rand -hex 32`",
        )
    if settings.public_url and not settings.public_url.startswith(("https://", "http://")):
        raise _wrong("public_url", settings.public_url, "write it with https://, as people type it")
    if settings.redis_url and not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise _wrong("redis_url", None, "write it as redis://host:6379/0, or leave it empty")
    if settings.sms_hook_url and not settings.sms_hook_url.startswith(("https://", "http://")):
        raise _wrong("sms_hook_url", settings.sms_hook_url, "write it as https://host/path")
    if settings.sms_hook_url and not settings.sms_hook_secret.startswith("whsec_"):
        raise _wrong(
            "sms_hook_secret", None, 'set it too: make one with `echo "whsec_$(openssl rand -base64 32)"`'
        )
    for network in settings.trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise _wrong(
                "trusted_proxies", network, "name an address or a network, such as 10.0.0.0/8"
            ) from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{PREFIX}CONFIG names {path}, which is not there") from None
    except OSError as error:
        raise SettingsError(f"{PREFIX}CONFIG names {path}, which cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None


def _is_list(key: str) -> bool:
    return key in ("push_allowed_hosts", "trusted_proxies", "webhook_private_hosts")


def _names() -> str:
    return ", ".join(PREFIX + name.upper() for name in sorted(Settings.__struct_fields__))


def _kept_secret(data_dir: Path) -> str:
    """The secret key of this data folder, made on first use and readable by the owner only."""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong("data_dir", str(data_dir), f"the secret key cannot be kept there: {error}") from None
    if len(secret) < SECRET_LENGTH_MIN:
        raise SettingsError(
            f"{path} holds no key of {SECRET_LENGTH_MIN} characters: restore it, or delete it for a new one"
        )
    return secret


def _make_secret(path: Path) -> None:
    """Write a new key under another name, then give it its name if nobody else did: no process ever reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=".secret_key"
    )  # mkstemp makes it readable by the owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
