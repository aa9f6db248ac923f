"""A stream's rules: a fault is one alert, written down before anybody is told, whenever the stream dies."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from tests.stream_contracts import site_contract
from tidemill.alerts import open_alerts, recent_alerts
from tidemill.config import load_config
from tidemill.streams import stream_readings
from tidemill.streams.readings import begin_again
from tidemill.streams.readings.alerting import Alerting
from tidemill.streams.readings.checkpoint import Checkpoint
from tidemill.streams.readings.deciding import Arrived

CONF = Path(__file__).parents[3] / "conf"
NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
RULES = """
dataset: site
rules:
  - {name: hot, kind: threshold, above: 50, clear: 40, severity: critical}
"""


class Killed(Exception):
    """What a kill is to the code that it interrupts."""


@pytest.fixture
def config(tmp_path, lake, monkeypatch):
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    (conf / "alerts" / "site.yaml").write_text(RULES)
    monkeypatch.setenv("TIDEMILL_CONF", str(conf))
    return load_config("local", str(tmp_path / "home"), [f"lake_root={lake.root}"])


@pytest.fixture
def stream(kafka, topic, lake, config, tmp_path):
    source = {"kind": "kafka", "servers": kafka.servers, "topic": topic}
    own = site_contract(value={"required": True}, source=source, windows=["1 minute"])

    def run(*readings, restart=False):
        checkpoint = str(tmp_path / "checkpoint")
        if restart:
            begin_again(lake, own, checkpoint)
        for station, minute, value in readings:
            at = (NOON + timedelta(minutes=minute)).isoformat()
            kafka.send(topic, json.dumps({"station": station, "at": at, "value": value}))
        alerting = Alerting(config, own)
        return stream_readings(lake, own, checkpoint, "", True, Event(), alerting=alerting)

    return run


def test_a_fault_is_one_alert_from_the_reading_that_began_it_to_the_one_that_ended_it(stream, config):
    stream(("a", 0, 20.0), ("a", 1, 60.0), ("b", 1, 20.0), ("a", 2, 70.0))

    (alert,) = open_alerts(config)
    assert (alert.rule, alert.sensor, alert.severity) == ("hot", "a", "critical")
    assert alert.began_at == NOON + timedelta(minutes=1)

    stream(("a", 3, 45.0), ("a", 4, 30.0))

    assert open_alerts(config) == []
    (closed,) = recent_alerts(config, NOON - timedelta(days=1))
    assert closed.alert_id == alert.alert_id


def test_an_alert_names_a_sensor_whose_values_hold_a_slash_as_they_are(config):
    alerting, at = Alerting(config, site_contract(("plant", "sensor"))), int(NOON.timestamp() * 1e6)
    alerting.begin(b"", lambda: None)
    keys, times = np.array(["a\\/b/c", "a/c"], object), np.array([at, at])
    readings = Arrived(np.arange(2), np.zeros(2, bool), keys, times, np.array([60.0, 70.0]))

    events = alerting.observe(readings, at)

    assert sorted(event.sensor for event in events) == ["a/b/c", "a/c"]


def test_a_stream_that_dies_after_it_wrote_an_alert_writes_no_second_one(stream, config, monkeypatch):
    stream(("a", 0, 20.0))

    def killed(self, batch, state):
        raise Killed("Killed")

    with monkeypatch.context() as dying:
        dying.setattr(Checkpoint, "keep", killed)
        with pytest.raises(Exception, match="Killed"):
            stream(("a", 1, 60.0))
    (before,) = open_alerts(config)
    stream(("a", 2, 61.0))

    (after,) = open_alerts(config)
    assert after.alert_id == before.alert_id
    assert len(recent_alerts(config, NOON - timedelta(days=1))) == 1


def test_an_alert_whose_stream_lost_its_state_does_not_stay_open(stream, config):
    stream(("a", 0, 60.0), ("b", 0, 60.0))

    stream(("a", 1, 20.0), ("b", 1, 61.0), restart=True)

    (alert,) = open_alerts(config)
    assert (alert.sensor, alert.began_at) == ("b", NOON + timedelta(minutes=1))
