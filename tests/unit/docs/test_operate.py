"""docs/operate.md tells an operator the truth about the settings."""

import re

from backend.settings import Settings
from tests.support.processes import ROOT


def test_every_setting_is_explained_and_no_other() -> None:
    """The table of settings names exactly the settings there are."""
    text = (ROOT / "docs" / "operate.md").read_text("utf-8")
    first_cells = re.findall(r"^\| (`LEXUN_[^|]+) \|", text, re.MULTILINE)
    explained = {name for cell in first_cells for name in re.findall(r"`LEXUN_([A-Z_]+)`", cell)}
    assert explained == {name.upper() for name in Settings.__struct_fields__}
