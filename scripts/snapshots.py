"""Keep the committed, generated files true: the OpenAPI document, its TypeScript types, the database schemas.

Usage: python scripts/snapshots.py --check     exit 1, showing the difference, when the API's files are out of date
       python scripts/snapshots.py --write     make them anew, and the schema snapshots of both engines too

The schema snapshots (tests/snapshots/) are checked by the integration tests, which have the engines at hand.
"""

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
API = ROOT / "pwa" / "src" / "api"
SCHEMA_TESTS = "tests/integration/schema"
DIFFERENCE_LINES_MAX = 80


def main() -> int:
    """Check or write, as the command line says."""
    if sys.argv[1:] not in (["--check"], ["--write"]):
        print("usage: python scripts/snapshots.py --check|--write", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        made = generate(Path(scratch))
        if sys.argv[1] == "--check":
            return check(made)
        for name, text in made.items():
            (API / name).write_text(text, "utf-8")
    for engine in ("sqlite", "postgres"):
        run(
            ["pytest", SCHEMA_TESTS, "-q", "-k", "snapshot"],
            LEXUN_TEST_ENGINE=engine,
            LEXUN_TEST_WRITE_SNAPSHOTS="1",
        )
    return 0


def generate(scratch: Path) -> dict[str, str]:
    """The text of each generated API file by its name."""
    document, types = scratch / "openapi.json", scratch / "schema.d.ts"
    run(["lexun", "openapi", "--out", str(document)], LEXUN_DATA_DIR=str(scratch / "data"))
    program = ROOT / "pwa" / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    run(["node", str(program), str(document), "--output", str(types), "--default-non-nullable=false"])
    return {path.name: path.read_text("utf-8") for path in (document, types)}


def check(made: dict[str, str]) -> int:
    """0 when the committed files are what was made just now; else 1 after printing how they differ."""
    outdated = False
    for name, text in made.items():
        path = API / name
        committed = path.read_text("utf-8") if path.exists() else ""
        if committed == text:
            print(f"{path.relative_to(ROOT)} is up to date")
            continue
        outdated = True
        difference = difflib.unified_diff(
            committed.splitlines(), text.splitlines(), f"committed {name}", f"generated {name}", lineterm=""
        )
        print("\n".join(list(difference)[:DIFFERENCE_LINES_MAX]))
        print(f"{path.relative_to(ROOT)} is out of date: run `make snapshots` and commit it")
    return 1 if outdated else 0


def run(command: list[str], **environment: str) -> None:
    """Run one command with the project's own tools first; its failure ends this script, its output shown."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEXUN_")}
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=ROOT, env={**inherited, "PATH": path, **environment}, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\nfailed: {' '.join(command)}")


if __name__ == "__main__":
    sys.exit(main())
