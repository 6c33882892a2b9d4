"""Compiles the inner loops of the route search to machine code, and keeps what was compiled for the next start."""

# numba carries no types for its decorators.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import contextlib
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numba
from numba.core import config


def _cache_folders() -> list[Path]:
    """Beside the sources or, where they may not be written, in the home; named after the sources' content, so that an
    edited source is never served by old machine code."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(here.glob("*.py")):
        digest.update(source.read_bytes())
    name = f"compiled-{digest.hexdigest()[:16]}"
    return [here / "__pycache__" / name, Path.home() / ".cache" / "lexun" / name]


def _use_cache_folder() -> Path | None:
    """Point numba at the first folder that can be written; None where none can, and nothing is kept."""
    for folder in _cache_folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
            setattr(config, "CACHE_DIR", str(folder))  # noqa: B010 - numba sets its options by name
            return folder
    return None


CACHE_FOLDER = _use_cache_folder()
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
NJIT: Any = numba.njit(**OPTIONS)


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile a function when it is first called; it runs without holding the interpreter's lock."""
    return cast("F", NJIT(function))


def is_cached() -> bool:
    """Whether machine code of these sources is kept already."""
    return CACHE_FOLDER is not None and any(CACHE_FOLDER.rglob("*.nbi"))
