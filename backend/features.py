"""The features and how their parts are found; each is loaded where a feature has it.

`api` holds a `router`, `models` tables, `jobs` handlers of background work, `live` a context manager
`running(settings)` that is open while the server serves, `cli` a click `group`.
"""

import importlib
import importlib.util
from types import ModuleType

FEATURES = (
    "areas",
    "people",
    "incidents",
    "planning",
    "tasks",
    "patrols",
    "integrations",
    "sos",
    "reports",
    "alerts",
    "rewards",
    "notify",
    "hotspots",
    "insight",
    "certificates",
    "thanks",
    "feedback",
    "demo",
)


def parts(name: str) -> list[ModuleType]:
    """The module `name` ("api", "jobs") of every feature that has one, in the order of `FEATURES`."""
    return [importlib.import_module(path) for path in part_paths(name)]


def part_paths(name: str) -> list[str]:
    """The import paths of `parts(name)`, without importing them."""
    paths = [f"backend.{feature}.{name}" for feature in FEATURES]
    return [
        path
        for path in paths
        if importlib.util.find_spec(path.rpartition(".")[0]) and importlib.util.find_spec(path)
    ]
