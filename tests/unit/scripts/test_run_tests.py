"""The test runner's last lines are true."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.processes import ROOT

REPORT = """<testsuites><testsuite>
  <testcase name="a"/>
  <testcase name="b"><failure message="no"/></testcase>
  <testcase name="c"><error message="no"/></testcase>
  <testcase name="d"><skipped message="no Chromium"/></testcase>
  <testcase name="e"><skipped message="no Chromium"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/run_tests.py, loaded as a module with results of its own."""
    spec = importlib.util.spec_from_file_location("run_tests", ROOT / "scripts" / "run_tests.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run_tests", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def test_counts_and_reasons_are_summed(runner: ModuleType, tmp_path: Path) -> None:
    """Passed, failed and skipped are summed over the reports, an error counts as failed, each reason is told once."""
    (tmp_path / "one.xml").write_text(REPORT)
    (tmp_path / "two.xml").write_text(REPORT)
    counts, skips = runner.results([runner.Stage(name, []) for name in ("one", "two", "without-report")])
    assert counts == {"passed": 2, "failed": 4, "skipped": 4}
    line = runner.skip_line(skips)
    assert line.count("no Chromium") == 2
    assert "2 x no Chromium [one]" in line
    assert "\n" not in line
    assert runner.skip_line(Counter()) == "Skipped: nothing."


def test_a_failed_stage_shows_its_log(runner: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a failed stage everything it printed is shown and its name returned; the commands after the failed one rest."""
    script = "print('what went wrong'); raise SystemExit(1)"
    bad = runner.Stage(
        "bad", [[sys.executable, "-c", script], [sys.executable, "-c", "print('not reached')"]]
    )
    good = runner.Stage("good", [[sys.executable, "-c", "print('all well')"]])
    assert runner.Runner([bad, good]).run() == ["bad"]
    printed = capsys.readouterr().out
    assert "bad | what went wrong" in printed
    assert "not reached" not in printed
    assert "all well" in printed


def test_no_test_is_forgotten(runner: ModuleType) -> None:
    """Every folder of tests/ that holds tests is run by some stage."""
    words = {word for stage in runner.STAGES for command in stage.commands for word in command}
    folders = {
        path.relative_to(ROOT).parts[1]
        for path in (ROOT / "tests").rglob("test_*.py")
        if "node_modules" not in path.parts
    }
    assert folders
    assert {f"tests/{folder}" for folder in folders} <= words
