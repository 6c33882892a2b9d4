"""The installer skips what is in place, and only that."""

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.processes import ROOT


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/install.py, loaded as a module over a folder of its own."""
    spec = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "PWA", tmp_path / "pwa")
    return module


def test_a_changed_renamed_or_new_source_is_seen(install: ModuleType, tmp_path: Path) -> None:
    """The fingerprint of the PWA's sources changes with any file's content, name or number, and with nothing else."""
    source = tmp_path / "pwa" / "src" / "main.ts"
    source.parent.mkdir(parents=True)
    source.write_text("a")
    first = install.fingerprint(install.pwa_sources())
    source.touch()
    (tmp_path / "pwa" / "dist").mkdir()
    (tmp_path / "pwa" / "dist" / "index.html").write_text("built")
    assert install.fingerprint(install.pwa_sources()) == first
    source.write_text("b")
    changed = install.fingerprint(install.pwa_sources())
    source.rename(source.with_name("start.ts"))
    renamed = install.fingerprint(install.pwa_sources())
    (source.parent / "more.ts").write_text("")
    assert len({first, changed, renamed, install.fingerprint(install.pwa_sources())}) == 4


def test_a_failed_step_names_its_command_and_output(install: ModuleType, tmp_path: Path) -> None:
    """A step that fails stops the installation with what it printed and what it was."""
    command = [sys.executable, "-c", "print('no space left'); raise SystemExit(3)"]
    with pytest.raises(
        install.InstallError, match=r"(?s)no space left.*Could not install things.*Free some space"
    ):
        install.step("things", command, cwd=tmp_path, hint="Free some space.")


def test_it_is_written_for_old_pythons() -> None:
    """The installer, which any Python from 3.9 on may start, uses no syntax newer than that."""
    ast.parse((ROOT / "scripts" / "install.py").read_text("utf-8"), feature_version=(3, 9))
