"""The compose file as data, and its services' commands and settings as they would be outside a container."""

import importlib.resources
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.processes import ROOT

DOCKER = ROOT / "docker"
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


@cache
def compose() -> dict[str, Any]:
    """docker/compose.yaml with its anchors and merges resolved."""
    return yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))


def services_from_our_image() -> dict[str, dict[str, Any]]:
    """The services that are built from docker/Dockerfile."""
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def schema() -> dict[str, Any]:
    """The Compose Specification's JSON schema, as PyPI's check-jsonschema carries it."""
    vendored = (
        importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    )
    return json.loads(vendored.read_text("utf-8"))


def variables(text: str) -> dict[str, str | None]:
    """Each ${NAME} of a text with its default: None when it must be given, "" when it may stay empty."""
    found: dict[str, str | None] = {}
    for match in VARIABLE.finditer(text):
        default = match["text"] or "" if match["kind"] != "?" else None
        if found.setdefault(match["name"], default) != default:
            raise ValueError(f"${{{match['name']}}} is used with different defaults")
    return found


def filled(text: str, values: dict[str, str]) -> str:
    """The text with every ${NAME} replaced by its value, or by its default where no value is given."""
    defaults = variables(text)
    return VARIABLE.sub(lambda match: values.get(match["name"]) or defaults[match["name"]] or "", text)


def dockerfile() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, as (NAME, arguments); comments gone, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DOCKER / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0].upper(), line.partition(" ")[2].strip()) for line in lines]


def path_in_project(source: str) -> Path:
    """Where a COPY source from the build context lies in the project."""
    return ROOT / source
