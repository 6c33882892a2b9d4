"""Imports all that a command may need, once, in the process that `tests.support.commands` forks from."""

import importlib

from backend import features
from backend.cli import LAZY_COMMANDS

importlib.import_module("backend.app")
for _place, _ in LAZY_COMMANDS.values():
    importlib.import_module(_place.partition(":")[0])
for _part in ("models", "api", "jobs", "live"):
    features.parts(_part)
