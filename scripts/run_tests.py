"""Run the project's checks, independent ones side by side, and say in the end what passed, failed and was skipped.

Usage: python scripts/run_tests.py STAGE ...     `default` stands for all that `make test` is about

Each stage writes test-results/STAGE.log; a failed stage's log is printed whole. The last line is
'N passed, N failed, N skipped' over all tests; the line before it names what was skipped and why. Exit code 0 only
when every stage succeeded.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
RESULTS = ROOT / "test-results"
LANES = max(1, min(2, os.cpu_count() or 1))
"""How many stages run at once: more would make tests that watch processes wait for a free core."""


@dataclass(frozen=True)
class Stage:
    """One check: commands that run one after the other in a folder, and what they report."""

    name: str
    commands: list[list[str]]
    folder: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    by_default: bool = True


def pytest(name: str, *arguments: str, by_default: bool = True, **environment: str) -> Stage:
    """A stage that is one pytest run, its results kept as JUnit XML; a run without any test fails."""
    report = f"--junitxml={RESULTS / name}.xml"
    command = ["pytest", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", report, "-ra", *arguments]
    return Stage(name, [command], environment=environment, by_default=by_default)


WITH_DATABASE = ["tests/integration", "tests/concurrency", "-m", "not slow and not push and not e2e"]

VITEST_REPORTS = ["--reporter=default", "--reporter=junit", f"--outputFile.junit={RESULTS / 'pwa-unit.xml'}"]

STAGES = [
    pytest("postgres", *WITH_DATABASE, LEXUN_TEST_ENGINE="postgres"),
    pytest("sqlite", *WITH_DATABASE, LEXUN_TEST_ENGINE="sqlite"),
    pytest("e2e", "tests/e2e", "-m", "not slow"),
    pytest("unit", "tests/unit", "-m", "not slow"),
    pytest("docker", "tests/docker", "-m", "not slow"),
    Stage("types", [["pyright", "--warnings"]]),
    Stage("pwa-types", [["npm", "run", "--silent", "check"]], folder=ROOT / "pwa"),
    Stage("pwa-unit", [["npx", "--no-install", "vitest", "run", *VITEST_REPORTS]], folder=ROOT / "pwa"),
    Stage("snapshots", [["python", "scripts/snapshots.py", "--check"]]),
    Stage("lint", [["ruff", "check", "."], ["ruff", "format", "--check", "."]]),
    Stage("imports", [["lint-imports"]]),
    pytest("push", "tests/push", by_default=False),
    pytest("slow", "tests", "-m", "slow", by_default=False),
    pytest("bench", "tests/bench", "-s", by_default=False, LEXUN_TEST_ENGINE="sqlite"),
    pytest(
        "bench-postgres",
        "tests/bench",
        "-s",
        "-k",
        "positions",
        by_default=False,
        LEXUN_TEST_ENGINE="postgres",
    ),
]
"""In the order in which they start: the long ones first, so that the short ones fill the gaps."""


def main() -> int:
    """Run the named stages, or the default ones; 0 when all of them succeeded."""
    by_name = {stage.name: stage for stage in STAGES}
    names: list[str] = []
    for name in sys.argv[1:] or ["default"]:
        names += [stage.name for stage in STAGES if stage.by_default] if name == "default" else [name]
    unknown = [name for name in names if name not in by_name]
    if unknown:
        print(f"unknown stage {unknown[0]!r}: known are default, {', '.join(by_name)}", file=sys.stderr)
        return 2
    chosen = [by_name[name] for name in dict.fromkeys(names)]
    RESULTS.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    failed = Runner(chosen).run()
    counts, skips = results(chosen)
    print(
        f"\n{len(chosen)} stages in {time.monotonic() - started:.0f} s"
        + (f"; FAILED: {', '.join(failed)}" if failed else "")
    )
    print(skip_line(skips))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if failed or counts["failed"] else 0


class Runner:
    """Runs stages in LANES threads, each stage's output in its own log, and prints one line as each ends."""

    def __init__(self, stages: list[Stage]) -> None:
        self._waiting = list(stages)
        self._failed: list[str] = []
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def run(self) -> list[str]:
        """Run all; the names of those that failed. An interrupt ends the running ones first."""
        lanes = [threading.Thread(target=self._lane, daemon=True) for _ in range(LANES)]
        for lane in lanes:
            lane.start()
        try:
            for lane in lanes:
                lane.join()
        finally:
            with self._lock:
                self._waiting.clear()
                for process in self._running:
                    process.terminate()
        return self._failed

    def _lane(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                stage = self._waiting.pop(0)
            self._run_stage(stage)

    def _run_stage(self, stage: Stage) -> None:
        log = RESULTS / f"{stage.name}.log"
        (RESULTS / f"{stage.name}.xml").unlink(missing_ok=True)
        started = time.monotonic()
        with log.open("wb") as output:
            succeeded = all(self._run_command(stage, command, output) for command in stage.commands)
        spent_s = time.monotonic() - started
        with self._lock:
            if succeeded:
                print(f"ok      {stage.name:<10} {spent_s:5.0f} s  {last_line(log)}", flush=True)
                return
            self._failed.append(stage.name)
            print(f"FAILED  {stage.name:<10} {spent_s:5.0f} s", flush=True)
            text = log.read_text("utf-8", "replace")
            print("\n".join(f"  {stage.name} | {line}" for line in text.splitlines()), flush=True)

    def _run_command(self, stage: Stage, command: list[str], output: object) -> bool:
        environment = {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
            "NO_COLOR": "1",
            **stage.environment,
        }
        environment.pop("FORCE_COLOR", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the tests start many processes of the same modules
        process = subprocess.Popen(
            command,
            cwd=stage.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        with self._lock:
            self._running.add(process)
        code = process.wait()
        with self._lock:
            self._running.discard(process)
        return code == 0


def last_line(log: Path) -> str:
    """What the stage's tool said in the end, as a hint beside its name."""
    lines = [line.strip(" =") for line in log.read_text("utf-8", "replace").splitlines() if line.strip(" =")]
    return lines[-1][:90] if lines else ""


def results(stages: list[Stage]) -> tuple[Counter[str], Counter[str]]:
    """Counts of passed, failed and skipped tests over the stages' reports, and how often each skip reason was given."""
    counts: Counter[str] = Counter()
    skips: Counter[str] = Counter()
    for stage in stages:
        report = RESULTS / f"{stage.name}.xml"
        if not report.exists():
            continue
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            skipped = case.find("skipped")
            if skipped is not None:
                counts["skipped"] += 1
                skips[f"{skipped.get('message') or 'no reason given'} [{stage.name}]"] += 1
            elif case.find("failure") is not None or case.find("error") is not None:
                counts["failed"] += 1
            else:
                counts["passed"] += 1
    return counts, skips


def skip_line(skips: Counter[str]) -> str:
    """One line on what was skipped and why."""
    if not skips:
        return "Skipped: nothing."
    return "Skipped: " + "; ".join(f"{count} x {reason}" for reason, count in sorted(skips.items())) + "."


if __name__ == "__main__":
    sys.exit(main())
