"""Delete the demo district's data folder, so that the next `make demo` begins anew."""

import shutil
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent / "var" / "demo"

if __name__ == "__main__":
    if not DEMO.exists():
        print("There is no demo data; `make demo` makes it.")
        sys.exit(0)
    shutil.rmtree(DEMO)
    print("The demo data is gone; `make demo` makes it anew.")
