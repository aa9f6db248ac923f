"""Where the deliveries of people arrive."""

from pathlib import Path

import pytest


@pytest.fixture
def landing(tmp_path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder
