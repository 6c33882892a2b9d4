"""A real Chromium for the browser tests: a given one, npm's @sparticuz/chromium, or the system's."""

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.support.processes import ROOT, project_environment

NODE_FOLDER = ROOT / "tests" / "node"
UNPACKED = ROOT / ".tools" / "chromium"

LAUNCH_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without a sandbox, as containers and root need, and quiet: the tests talk to nobody but this machine."""

SYSTEM_PACKAGES = "apt-get install libnss3 libnspr4 fonts-noto-cjk"


class NoBrowser(Exception):
    """No Chromium could be started; the message says why and what to install."""


@cache
def chromium_path() -> Path:
    """The program to launch; NoBrowser when there is none that starts. LEXUN_TEST_CHROMIUM, if set, is the only one tried."""
    chosen = os.environ.get("LEXUN_TEST_CHROMIUM")
    if chosen:
        return _checked(Path(chosen), "is what LEXUN_TEST_CHROMIUM names")
    troubles = []
    for find in (_from_npm, _from_system):
        try:
            return find()
        except NoBrowser as trouble:
            troubles.append(str(trouble))
    raise NoBrowser("no Chromium: " + "; ".join(troubles))


def _from_npm() -> Path:
    if not (NODE_FOLDER / "node_modules" / "@sparticuz").exists():
        raise NoBrowser("npm's @sparticuz/chromium is not installed (make install)")
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with (UNPACKED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        printed = subprocess.run(
            ["node", "chromium_path.mjs"],
            cwd=NODE_FOLDER,
            env=project_environment({"TMPDIR": str(UNPACKED)}),
            capture_output=True,
            text=True,
        )
    if printed.returncode != 0:
        raise NoBrowser(f"npm's Chromium could not be unpacked: {printed.stderr.strip().splitlines()[-1:]}")
    return _checked(Path(printed.stdout.strip()), "came with npm's @sparticuz/chromium")


def _from_system() -> Path:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return _checked(Path(found), "is the system's")
    raise NoBrowser("the system has none")


def _checked(program: Path, origin: str) -> Path:
    try:
        tried = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    except OSError as error:
        raise NoBrowser(f"{program} {origin} but does not start: {error}") from error
    if tried.returncode != 0:
        reason = (tried.stderr.strip().splitlines() or ["no message"])[-1]
        raise NoBrowser(f"{program.name} {origin} but does not start ({reason}); {SYSTEM_PACKAGES}")
    return program
