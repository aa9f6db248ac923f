"""The dashboard of a lake of sensors, served on this machine and opened in a browser."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.services.browser import browser
from tests.services.sensor_lake import SensorLake, opened, wave
from tidemill.config import load_config
from tidemill.dashboard import Board, dashboard_app

__all__ = ["browser"]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def sensor_lake(tmp_path, monkeypatch) -> SensorLake:
    """Some sensors with a month behind them."""
    made = SensorLake(tmp_path)
    monkeypatch.setenv("TIDEMILL_CONF", str(made.conf))
    monkeypatch.delenv("TIDEMILL_HOME", raising=False)
    now = datetime.now(UTC)
    month, day, minutes = [], [], []
    for number in range(1, 5):
        for kind, level in (("temp", 20.0), ("humid", 55.0), ("press", 1012.0)):
            name = f"station-{number:02}/{kind}"
            until = now - 5 * HOUR if (number, kind) == (3, "press") else now - timedelta(seconds=20)
            month += wave(name, until, 30 * DAY, 30 * MINUTE, level + number)
            day += wave(name, until, DAY, 2 * MINUTE, level + number)
            if until > now - HOUR:
                minutes += wave(name, now - timedelta(seconds=5), 15 * MINUTE, timedelta(seconds=5), level + number)
    made.windows("1 hour", month)
    made.windows("1 day", [*month, *day])
    made.windows("1 minute", day)
    made.readings(minutes)
    odd = opened(
        "station-02/humid", now - 40 * MINUTE, "odd_hour", kind="anomaly", severity="warning", score=0.93, value=64.0
    )
    made.alert([odd])
    made.progress(now, 180, rows_late=3, rows_quarantined=12)
    made.progress(now, 180, query="windows", delay_p50=2.1, delay_p95=4.2, lag_rows=900)
    made.run("site_readings", "stream", now - MINUTE, read=6000, accepted=5988, quarantined=12, late=3)
    run = made.run("people", "ingest", now - 3 * DAY, read=100, accepted=90, quarantined=10)
    failure = {"check": "id.type", "column": "id", "value": "x7", "message": "id: expected int, got 'x7'"}
    made.refuse("people", run, now - 3 * DAY, {"id": "x7", "email": "ada@example.org"}, failure)
    return made


@contextmanager
def _served(lake: SensorLake, password: str | None) -> Iterator[str]:
    app = dashboard_app(Board(load_config(home=str(lake.home))), password)
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def served(sensor_lake) -> Iterator[str]:
    """The address of the dashboard."""
    with _served(sensor_lake, None) as address:
        yield address


@pytest.fixture
def served_with_password(sensor_lake) -> Iterator[str]:
    """The address of one that asks for `correct horse battery`."""
    with _served(sensor_lake, "correct horse battery") as address:
        yield address


@pytest.fixture
def open_page(browser) -> Iterator[Callable[..., Any]]:
    """Open an address in a window of its own; what a page complains of fails the test."""
    contexts, complaints = [], []

    def opened_page(address: str, width: int = 1440, dark: bool = False) -> Any:
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": 900 if width > 600 else 844}
        context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=2 if width < 600 else 1)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
        page.on(
            "request",
            lambda one: (
                None if "127.0.0.1" in one.url or one.url[:5] in ("data:", "blob:") else complaints.append(one.url)
            ),
        )
        page.goto(address)
        return page

    yield opened_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def screenshots(tmp_path) -> Path:
    """Where pictures are kept: the folder that TIDEMILL_SCREENSHOTS names, or the test's own."""
    folder = Path(os.environ.get("TIDEMILL_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
