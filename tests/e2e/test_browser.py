"""The browser the end-to-end tests rely on is a real one."""

import shutil
import subprocess

import pytest
from playwright.sync_api import Browser


def test_chinese_text_is_drawn(browser: Browser) -> None:
    """Two different Chinese words make two different pictures, not two equal rows of empty boxes."""
    if shutil.which("fc-list") and not subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout:
        pytest.skip("no font has Chinese characters (apt-get install fonts-noto-cjk)")
    page = browser.new_page(viewport={"width": 200, "height": 60})
    pictures = []
    for word in ("平安", "乐巡"):
        page.set_content(f'<html lang="zh-CN"><body style="font: 32px sans-serif">{word}</body></html>')
        pictures.append(page.screenshot())
    page.close()
    assert pictures[0] != pictures[1]
