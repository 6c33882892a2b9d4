"""Work for a process pool whose parent is going to be killed."""

import os
import time
from pathlib import Path


def report_and_stay(mark: str) -> None:
    """Write this process's number to the file `mark`, then stay far longer than any test."""
    Path(mark).write_text(str(os.getpid()))
    time.sleep(600)
