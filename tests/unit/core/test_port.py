"""A port that is taken ends the command with one line."""

import socket
from pathlib import Path

import pytest

from backend.cli import require_free_port
from backend.settings import load_settings


def test_a_taken_port_is_named_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and one line with the address and what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            require_free_port(load_settings({}, data_dir=tmp_path, port=port))
    assert ended.value.code == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert f"127.0.0.1:{port}" in line
    assert "PORT=" in line
