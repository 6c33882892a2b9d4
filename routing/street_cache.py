"""Keeps a contracted street network on disk under the hash of the file it came from."""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import secrets
import zipfile
from pathlib import Path

import numpy as np
import shapely

from routing.contraction import Streets
from routing.places import Grounds, Shapes, shapes_of

# Raised whenever reading or contracting changes what comes out, so that older files are built anew.
FORMAT = 2
BESIDE = "streets.graph"
KEPT_MAX = 16
GROUNDS = tuple(each.name for each in dataclasses.fields(Grounds))
ARRAYS = tuple(each.name for each in dataclasses.fields(Streets) if each.name != "names")


def content_hash(source: Path) -> str:
    """SHA-256 of the file, in hex."""
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(source: Path, sha256: str) -> tuple[Streets, Grounds] | None:
    """What was kept for a file of this content, beside it or in the user's cache; None when there is nothing whole."""
    for path in (source.with_name(BESIDE), _in_user_cache(sha256)):
        if path is not None and (found := _read(path, sha256)) is not None:
            return found
    return None


def keep(sha256: str, streets: Streets, grounds: Grounds) -> None:
    """Keep the network in the user's cache, and only the latest few; where nothing can be written, keep nothing."""
    path = _in_user_cache(sha256)
    if path is None:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, sha256, streets, grounds)
        kept = sorted(path.parent.glob("*.graph"), key=lambda each: each.stat().st_mtime_ns, reverse=True)
        for old in kept[KEPT_MAX:]:
            old.unlink(missing_ok=True)


def write(path: Path, sha256: str, streets: Streets, grounds: Grounds) -> None:
    """Write the network of the file with this hash; `path` is replaced when it is complete."""
    arrays = {name: getattr(streets, name) for name in ARRAYS}
    for name in GROUNDS:
        kept: Shapes = getattr(grounds, name)
        shapes: list[bytes] = [bytes(each) for each in shapely.to_wkb(kept).tolist()]
        arrays[f"{name}_bytes"] = np.frombuffer(b"".join(shapes), dtype=np.uint8)
        arrays[f"{name}_sizes"] = np.array([len(each) for each in shapes], dtype=np.int64)
    arrays["about"] = _as_bytes({"format": FORMAT, "sha256": sha256, "names": streets.names})
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as file:
            np.savez(file, **arrays)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path, sha256: str) -> tuple[Streets, Grounds] | None:
    """A kept network, if it is there, whole, of this format and of a file with this hash."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            if about["format"] != FORMAT or about["sha256"] != sha256:
                return None
            names = tuple((str(local), str(english)) for local, english in about["names"])
            streets = Streets(**{name: stored[name] for name in ARRAYS}, names=names)
            shapes = (
                _shapes(stored[f"{name}_bytes"].tobytes(), stored[f"{name}_sizes"].tolist())
                for name in GROUNDS
            )
            grounds = Grounds(*shapes)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        shapely.errors.GEOSException,
    ):
        return None
    return streets, grounds


def _shapes(stored: bytes, sizes: list[int]) -> Shapes:
    ends = list(itertools.accumulate(sizes))
    return shapes_of(
        [shapely.from_wkb(stored[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
    )


def _as_bytes(value: object) -> np.ndarray:
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode(), dtype=np.uint8)


def _in_user_cache(sha256: str) -> Path | None:
    """The file for this hash in the folder that the system has for such things; None for a user without a home."""
    try:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return root / "lexun" / "streets" / f"{sha256[:32]}.graph"
