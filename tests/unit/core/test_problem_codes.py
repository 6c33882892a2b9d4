"""Every problem has a code of its own: phones and other systems tell them apart by nothing else."""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator

import backend
from backend.core.problems import Problem


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def test_no_two_problems_share_a_code() -> None:
    """Over all modules of the server."""
    for module in pkgutil.walk_packages(backend.__path__, "backend."):
        importlib.import_module(module.name)
    users: dict[str, set[str]] = defaultdict(set)
    for kind in _below(Problem):
        users[kind.code].add(f"{kind.__module__}.{kind.__qualname__}")
    assert len(users) > 50
    assert {code: sorted(kinds) for code, kinds in users.items() if len(kinds) > 1} == {}
