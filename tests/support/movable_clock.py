"""`lexun` whose clock another process can move: on SIGUSR1 it goes on by the seconds in the file CLOCK_FILE names."""

import datetime as dt
import os
import signal
import sys
from pathlib import Path

from backend.cli import main
from backend.core import clock
from tests.support.daylight import let_there_be_light


def _move(*_: object) -> None:
    clock.advance(dt.timedelta(seconds=float(Path(os.environ["CLOCK_FILE"]).read_text())))


if __name__ == "__main__":
    let_there_be_light()
    signal.signal(signal.SIGUSR1, _move)
    sys.argv[0] = "lexun"
    main()
