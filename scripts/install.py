"""Bring what Lexun needs into this checkout: uv, Python packages, Node packages and the built PWA.

Usage: python scripts/install.py run|dev|push|bench

`run` is what serving needs, `dev` adds the development and test tools, `push` adds the driver of the Firefox
test, `bench` another route optimiser to compare with. Every step is skipped while the files it depends on are as they were when it last succeeded, so a second
run takes a fraction of a second. Runs on any Python from 3.9 on with nothing but its standard library.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
ENVIRONMENT = ROOT / ".venv"
PWA = ROOT / "pwa"
TEST_NODE = ROOT / "tests" / "node"
UV_REQUIREMENT = "uv>=0.9,<1"
GROUPS = {
    "run": ["node"],
    "dev": ["node", "dev"],
    "push": ["node", "dev", "push"],
    "bench": ["node", "dev", "bench"],
}


class InstallError(Exception):
    """A step failed; the message says what to do."""


def main() -> int:
    """Install for the purpose named on the command line; 0 when everything is in place, 1 with one clear line else."""
    if len(sys.argv) != 2 or sys.argv[1] not in GROUPS:
        print(f"usage: python scripts/install.py {'|'.join(GROUPS)}", file=sys.stderr)
        return 2
    purpose = sys.argv[1]
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands started at once install one after the other
        try:
            install_python_packages(purpose)
            compiling = compile_route_search()
            install_node_packages(PWA)
            if purpose != "run":
                install_node_packages(TEST_NODE)
            build_pwa()
            if compiling and purpose != "run":
                say("the compiled route search")
                compiling.wait()
        except InstallError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


def install_python_packages(purpose: str) -> None:
    """The locked Python packages of the purpose's groups; what another purpose brought stays."""
    inputs = fingerprint([ROOT / "uv.lock", ROOT / "pyproject.toml", ROOT / ".python-version"])
    wanted = set(GROUPS[purpose])
    stamp = ENVIRONMENT / "lexun-installed"
    installed = read(stamp).split()
    if (
        (ENVIRONMENT / "bin" / "lexun").exists()
        and installed[:1] == [inputs]
        and wanted <= set(installed[1:])
    ):
        return
    # An unchanged lock keeps the groups that are there; a changed one starts from what was asked for and was there.
    groups = sorted(wanted | set(installed[1:]))
    # Compiled once here, or every process that starts would compile what it imports wherever that is not kept.
    command = [
        *(str(uv()), "sync", "--quiet", "--frozen", "--inexact", "--compile-bytecode"),
        "--no-default-groups",
    ]
    for group in groups:
        command += ["--group", group]
    step(
        "Python packages",
        command,
        cwd=ROOT,
        hint="Is PyPI reachable, and is there a Python 3.13 (uv python list)?",
    )
    stamp.write_text(" ".join([inputs, *groups]), "utf-8")


def compile_route_search() -> "subprocess.Popen[bytes] | None":
    """Begin to compile the route search, which takes a minute of one core; None when that was done before.

    Serving need not wait for it: the first plan does. Tests do, so that none of them meets a cold search.
    """
    inputs = fingerprint([ROOT / "uv.lock", *sorted((ROOT / "routing" / "kernel").glob("*.py"))])
    stamp = TOOLS / "route-search"
    if read(stamp) == inputs:
        return None
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "routing.warm"]
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a stream for all three
        started = subprocess.Popen(
            command,
            cwd=ROOT,
            env=tool_environment(),
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
    stamp.write_text(inputs, "utf-8")
    return started


def uv() -> Path:
    """The uv program; on first use it is put into .tools, as a venv or, where venv is lacking, as plain packages."""
    candidates = [TOOLS / "bin" / "uv", TOOLS / "packages" / "bin" / "uv"]
    for candidate in candidates:
        if candidate.exists() and succeeds([candidate, "--version"]):
            return candidate
    say("uv")
    pip_install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if succeeds([sys.executable, "-m", "venv", "--clear", TOOLS / "venv-check"]):
        shutil.rmtree(TOOLS / "venv-check")
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        command = [TOOLS / "bin" / "python", *pip_install, UV_REQUIREMENT]
    else:
        command = [sys.executable, *pip_install, "--target", TOOLS / "packages", UV_REQUIREMENT]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for candidate in candidates:
        if candidate.exists():
            return candidate
    print(done.stdout.decode("utf-8", "replace"), file=sys.stderr)
    raise InstallError(
        f"uv could not be installed with {sys.executable}: it needs PyPI, and venv or pip (on Debian: "
        "apt-get install python3-venv)."
    )


def install_node_packages(folder: Path) -> None:
    """The locked Node packages of a folder, by the Node and npm of the Python environment."""
    inputs = fingerprint([folder / "package.json", folder / "package-lock.json"])
    stamp = folder / "node_modules" / ".lexun-installed"
    if read(stamp) == inputs:
        return
    command = [str(ENVIRONMENT / "bin" / "npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    step(
        f"Node packages of {folder.relative_to(ROOT)}",
        command,
        cwd=folder,
        hint="Is the npm registry reachable?",
    )
    stamp.write_text(inputs, "utf-8")


def build_pwa() -> None:
    """Build the PWA unless pwa/dist is what the sources as they are now were built into."""
    inputs = fingerprint(pwa_sources())
    stamp = TOOLS / "pwa-built"
    if (PWA / "dist" / "index.html").exists() and read(stamp) == inputs:
        return
    command = [str(ENVIRONMENT / "bin" / "npm"), "run", "--silent", "build"]
    step("the PWA", command, cwd=PWA, hint="")
    stamp.write_text(inputs, "utf-8")


def pwa_sources() -> list[Path]:
    """Every file a build of the PWA may read: all of pwa/ but what is installed or built there."""
    made = {"node_modules", "dist", "dev-dist", "test-results"}
    found = []
    for folder, folders, names in os.walk(PWA):
        folders[:] = sorted(name for name in folders if name not in made)
        found += [Path(folder) / name for name in sorted(names)]
    return found


def fingerprint(files: list[Path]) -> str:
    """A hash over the files' names and contents; it changes when any of them does."""
    total = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        total.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def read(stamp: Path) -> str:
    """A stamp's text, "" when it was never written."""
    return stamp.read_text("utf-8") if stamp.exists() else ""


def step(what: str, command: list[str], cwd: Path, hint: str) -> None:
    """Run one installing command, saying what and how long; InstallError with its output's end when it fails."""
    say(what)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=tool_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        output = done.stdout.decode("utf-8", "replace").splitlines()[-40:]
        raise InstallError(
            "\n".join([*output, "", f"Could not install {what}: the command was {' '.join(command)}. {hint}"])
        )
    print(f"           done in {time.monotonic() - started:.0f} s", flush=True)


def tool_environment() -> dict[str, str]:
    """The environment with the project's own Node first and no foreign Python environment in force."""
    foreign = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    kept["PATH"] = os.pathsep.join([str(ENVIRONMENT / "bin"), kept.get("PATH", "")])
    kept.setdefault("UV_HTTP_TIMEOUT", "120")
    return kept


def succeeds(command: list[object]) -> bool:
    """Whether a command can be run and exits with 0; its output is dropped."""
    try:
        return subprocess.run([str(part) for part in command], capture_output=True).returncode == 0
    except OSError:
        return False


def say(what: str) -> None:
    """One line on what is being installed."""
    print(f"installing {what} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
