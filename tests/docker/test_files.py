"""The files in docker/ agree with the Compose Specification, with the project and with each other."""

import re

import jsonschema
import pytest

from backend.settings import Settings
from tests.docker.compose import (
    DOCKER,
    compose,
    dockerfile,
    path_in_project,
    schema,
    services_from_our_image,
    variables,
)

SETTING_NAMES = {f"LEXUN_{name.upper()}" for name in Settings.__struct_fields__} | {"LEXUN_CONFIG"}


def test_compose_file_is_valid() -> None:
    """compose.yaml satisfies the Compose Specification's schema."""
    without_extensions = {name: part for name, part in compose().items() if not name.startswith("x-")}
    jsonschema.Draft202012Validator(schema()).validate(without_extensions)


def test_schema_check_can_fail() -> None:
    """A misspelt key is refused by the schema, so a passing check means something."""
    broken = {"services": {"app": {"image": "x", "depend_on": ["y"]}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(broken)


def test_every_setting_exists() -> None:
    """Each LEXUN_ variable in compose.yaml and the Dockerfile is a setting, else the server would refuse to start."""
    text = (DOCKER / "compose.yaml").read_text("utf-8") + (DOCKER / "Dockerfile").read_text("utf-8")
    used = set(re.findall(r"\bLEXUN_[A-Z_]+\b", text))
    assert used, "no settings found: has the naming changed?"
    assert used <= SETTING_NAMES


def test_every_variable_is_documented() -> None:
    """.env.example names exactly the variables that compose.yaml reads; the required ones are marked as such."""
    used = variables((DOCKER / "compose.yaml").read_text("utf-8"))
    example = (DOCKER / ".env.example").read_text("utf-8")
    documented = re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(documented) == sorted(used)
    required = re.findall(r"^([A-Z_]+)=", example.split("# The door")[0], re.MULTILINE)
    assert sorted(required) == sorted(name for name, default in used.items() if default is None)


def test_parts_refer_to_each_other() -> None:
    """Every service waited for, every volume and every mounted file exists."""
    services = compose()["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).is_file(), volume
            else:
                assert source in compose()["volumes"], volume


def test_waited_for_health_is_checked() -> None:
    """Who is waited for until healthy has a health check: its own, or the image's."""
    services = compose()["services"]
    image_has_check = any(name == "HEALTHCHECK" for name, _ in dockerfile())
    for service in services.values():
        for awaited, how in service.get("depends_on", {}).items():
            if how["condition"] != "service_healthy":
                continue
            check = services[awaited].get("healthcheck", {})
            own = bool(check.get("test")) and not check.get("disable")
            from_image = "build" in services[awaited] and image_has_check and not check.get("disable")
            assert own or from_image, awaited


def test_upstreams_are_the_app_services() -> None:
    """The proxy's upstreams are the services that serve, on the port the image sets."""
    serving = {
        name for name, service in services_from_our_image().items() if service["command"][1] == "serve"
    }
    port = re.search(r"LEXUN_PORT=(\d+)", (DOCKER / "Dockerfile").read_text("utf-8"))
    assert port is not None
    upstreams = re.search(r"\{\$UPSTREAMS:([^}]+)\}", (DOCKER / "Caddyfile").read_text("utf-8"))
    assert upstreams is not None
    assert set(upstreams[1].split()) == {f"{name}:{port[1]}" for name in serving}
    assert len(serving) == 2


def test_copied_sources_exist_and_reach_the_builder() -> None:
    """Every COPY from the project names something that is there and is let through by the ignore file."""
    let_through = [
        line[1:]
        for line in (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    copied = [arguments for name, arguments in dockerfile() if name == "COPY" and "--from=" not in arguments]
    assert copied
    for arguments in copied:
        *sources, _ = arguments.split()
        for source in sources:
            assert path_in_project(source).exists(), source
            assert any(source == path or source.startswith(f"{path}/") for path in let_through), source


def test_nothing_runs_as_root_or_carries_secrets() -> None:
    """The image ends as a user of its own, and neither it nor compose.yaml holds a password or a key."""
    users = [arguments for name, arguments in dockerfile() if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert all("SECRET" not in arguments and "PASSWORD" not in arguments for _, arguments in dockerfile())
    for name, service in compose()["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|KEY", key):
                assert re.fullmatch(r"\$\{[A-Z_]+:[?-][^}]*\}", str(value)), f"{name}: {key} is written out"


def test_image_leaves_development_tools_out() -> None:
    """The image installs the locked packages without any dependency group."""
    syncs = [arguments for name, arguments in dockerfile() if name == "RUN" and "uv sync" in arguments]
    assert syncs
    assert all("--frozen" in command and "--no-default-groups" in command for command in syncs)
    assert all("--group" not in command for command in syncs)
