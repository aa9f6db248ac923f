"""Streams side by side, and a time-series store that holds up none of them."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from tests.stream_contracts import site_contract
from tests.waiting import rows_in, until
from tidemill.config import load_config
from tidemill.config.secrets import MissingSecret
from tidemill.lake import Lake
from tidemill.sources.mqtt.records import Message
from tidemill.sources.mqtt.sinks import Receipt
from tidemill.sources.mqtt.spool import Spool
from tidemill.streams import running, stream_all
from tidemill.streams.series import SeriesRefused

CONF = Path(__file__).parents[3] / "conf"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWN = site_contract(source={"kind": "mqtt", "url": "mqtt://broker", "topic": "site/+station"}, windows=["1 minute"])
WINDOWS = "gold/site_1_minute"


@pytest.fixture(autouse=True)
def settings_as_they_were(spark):
    """What a stream sets for its own process does not outlast its test."""
    before = {key: spark.conf.get(key, None) for key in running.SETTINGS}
    yield
    for key, value in before.items():
        spark.conf.unset(key) if value is None else spark.conf.set(key, value)


@pytest.fixture
def configured(tmp_path, receiver, monkeypatch):
    def config(*settings):
        monkeypatch.setenv("TIDEMILL_CONF", str(CONF))
        return load_config("local", str(tmp_path), [f"series.url={receiver.url}", *settings])

    return config


@pytest.fixture
def spooled(tmp_path):
    def readings(*minutes):
        spool = Spool(tmp_path / "spool" / "site", 10, 100)
        for minute in minutes:
            told = {"at": (NOON + timedelta(minutes=minute)).isoformat(), "value": 20.5}
            spool.add(Message(minute, b"site/a", False, b"", json.dumps(told).encode()), Receipt(1, 1))
        spool.close()

    return readings


def rows(config, name):
    return rows_in(Path(config.lake_root) / name)


def test_a_store_that_refuses_is_told_when_all_others_have_done_their_work(
    spark, configured, spooled, receiver, monkeypatch
):
    receiver.statuses, refused = [401], Event()
    send, follow = running.stream_series, running.stream_windows

    def sent(*given):
        try:
            send(*given)
        finally:
            refused.set()

    def followed(*given):
        refused.wait(60)
        follow(*given)

    monkeypatch.setattr(running, "stream_series", sent)
    monkeypatch.setattr(running, "stream_windows", followed)
    spooled(0, 1)
    config = configured()

    with capture_logs() as logs, pytest.raises(SeriesRefused, match="status 401"):
        stream_all(spark, config, [OWN], Event(), {"site": lambda runs: None}, once=True)

    assert (rows(config, "silver/site"), rows(config, WINDOWS)) == (2, 2)
    (ended,) = [log for log in logs if log["event"] == "series_ended"]
    assert ended["dataset"] == "site" and "Check series.url" in ended["reason"]


def test_a_continuous_stream_goes_on_beside_a_store_that_refuses_and_sends_when_it_is_mended(
    spark, configured, spooled, receiver
):
    receiver.statuses, stopping, errors = [401] * 1000, Event(), []
    config = configured()
    spooled(0)

    def work():
        try:
            stream_all(spark, config, [OWN], stopping, {"site": lambda runs: None})
        except Exception as error:
            errors.append(error)

    thread = Thread(target=work)
    thread.start()
    try:
        until(lambda: len(receiver.heard) >= 2 or errors)
        spooled(1)
        until(lambda: (rows(config, "silver/site"), rows(config, WINDOWS)) == (2, 2) or errors)
        receiver.statuses.clear()
        until(lambda: _lines(receiver) >= {0, 60} or errors)
    finally:
        stopping.set()
        thread.join()

    assert errors == []


def _lines(receiver):
    """Seconds after noon of the readings that were sent."""
    lines = [line for _, _, body in receiver.heard for line in gzip.decompress(body).decode().splitlines()]
    return {int(line.rpartition(" ")[2]) // 1_000_000_000 - int(NOON.timestamp()) for line in lines}


def test_a_stores_secret_that_is_missing_is_told_before_anything_is_read(spark, configured, spooled):
    spooled(0)
    config = configured("series.token=${env:NO_SUCH_TOKEN}")

    with pytest.raises(MissingSecret, match="NO_SUCH_TOKEN"):
        stream_all(spark, config, [OWN], Event(), {"site": lambda runs: None}, once=True)

    assert not Lake(spark, config.lake_root).exists("bronze.site")
