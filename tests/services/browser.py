"""Chromium without a window, driven by playwright."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser; the tests that need one are skipped where there is none."""
    if not Path(CHROMIUM).exists() and shutil.which("chromium") is None:
        pytest.skip("chromium is not here: sudo apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here: make setup")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=shutil.which("chromium") or CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()
