"""A lake of sensors, and a board that looks at it at one moment."""

from datetime import UTC, datetime

import pytest

from tests.services.sensor_lake import SensorLake
from tidemill.config import load_config
from tidemill.dashboard import Board

NOW = datetime(2026, 3, 10, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sensor_lake(tmp_path, monkeypatch) -> SensorLake:
    made = SensorLake(tmp_path)
    monkeypatch.setenv("TIDEMILL_CONF", str(made.conf))
    monkeypatch.delenv("TIDEMILL_HOME", raising=False)
    return made


@pytest.fixture
def board(sensor_lake) -> Board:
    return Board(load_config(home=str(sensor_lake.home)), now=lambda: NOW)


@pytest.fixture
def site(board):
    return board.contract("site_readings")
