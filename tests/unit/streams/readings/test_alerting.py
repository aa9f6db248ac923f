"""Rules that change while a stream runs, and alerts that stood open when it began: none stays open for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.stream_contracts import site_contract
from tidemill.alerts import Alert, append_events, open_alerts, recent_alerts
from tidemill.config import load_config
from tidemill.streams.readings import alerting
from tidemill.streams.readings.alerting import Alerting
from tidemill.streams.readings.deciding import Arrived

CONF = Path(__file__).parents[4] / "conf"
NOW = datetime.now(UTC)
HOT = "{name: hot, kind: threshold, above: 100}"


@pytest.fixture
def config(tmp_path, monkeypatch):
    (tmp_path / "conf" / "alerts").mkdir(parents=True)
    for name in ("base.yaml", "local.yaml"):
        (tmp_path / "conf" / name).write_text((CONF / name).read_text())
    monkeypatch.setenv("TIDEMILL_CONF", str(tmp_path / "conf"))
    return load_config("local", str(tmp_path / "home"))


@pytest.fixture
def rules(config):
    def write(*given):
        file = config.conf_dir / "alerts" / "site.yaml"
        if given:
            file.write_text("\n".join(["dataset: site", "rules:", *(f"  - {one}" for one in given)]))
        else:
            file.unlink(missing_ok=True)

    return write


@pytest.fixture
def begun(config):
    def begin(state=b""):
        stream = Alerting(config, site_contract())
        stream.begin(state, lambda: None)
        return stream

    return begin


def observe(stream, *readings):
    """(sensor, minute, value) of each reading; what it opens and closes is written down."""
    sensor, minute, value = zip(*readings, strict=True)
    at = [int((NOW + timedelta(minutes=each)).timestamp() * 1_000_000) for each in minute]
    number = np.arange(len(at))
    taken = Arrived(number, number < 0, np.array(sensor, object), np.array(at), np.array(value, float))
    events = stream.observe(taken, max(at))
    stream.record(events)
    return [(event.event, event.rule, event.sensor) for event in events]


def test_the_last_rule_of_a_dataset_closes_its_alerts_when_it_goes(rules, begun, config):
    rules(HOT)
    stream = begun()
    observe(stream, ("a", 0, 101))

    rules()

    assert observe(stream, ("a", 1, 101)) == [("closed", "hot", "a")]
    assert open_alerts(config) == []
    assert stream.to_bytes() == b""


def test_a_rule_that_went_while_the_stream_was_down_closes_its_alerts_though_it_was_the_last(rules, begun):
    rules(HOT)
    stream = begun()
    observe(stream, ("a", 0, 101))

    rules()

    assert observe(begun(stream.to_bytes()), ("a", 1, 101)) == [("closed", "hot", "a")]


def test_rules_are_read_again_though_no_reading_comes(rules, begun, config, monkeypatch):
    rules(HOT)
    stream = begun()
    observe(stream, ("a", 0, 101))

    rules()
    monkeypatch.setattr(alerting, "TICK_SECONDS", 0)
    stream.tick()

    assert open_alerts(config) == []


def test_a_stream_that_lost_its_state_closes_what_stood_open(rules, begun, config):
    rules(HOT)
    observe(begun(), ("a", 0, 101), ("b", 0, 101))
    append_events(config, [Alert("run_failed", "site", "stream", "failed", NOW, "run-1").event()])

    events = observe(begun(), ("a", 1, 50), ("b", 1, 102))

    assert sorted(events) == [("closed", "hot", "a"), ("closed", "hot", "b"), ("opened", "hot", "b")]
    assert {(alert.kind, alert.sensor, alert.began_at) for alert in open_alerts(config)} == {
        ("run_failed", "stream/run-1", NOW),
        ("threshold", "b", NOW + timedelta(minutes=1)),
    }
    (over,) = [alert for alert in recent_alerts(config, NOW) if alert.sensor == "a"]
    assert over.closing == "a: hot is closed; the stream began without what it knew of it"


def test_a_stream_goes_on_though_it_cannot_be_read_which_alerts_are_open(rules, begun, config):
    rules(HOT)
    table = Path(config.lake_root) / "ops" / "alert_events" / "_delta_log"
    table.mkdir(parents=True)
    (table / f"{0:020d}.json").write_text("broken")

    with capture_logs() as logs:
        begun()

    assert "open_alerts_unknown" in [log["event"] for log in logs]


def test_a_batch_that_is_repeated_after_a_kill_closes_nothing_that_it_opened(rules, begun, config):
    rules(HOT)
    batch = (("a", 0, 50), ("a", 1, 101))
    observe(begun(), *batch)

    assert observe(begun(), *batch) == [("opened", "hot", "a")]
    assert len(open_alerts(config)) == 1
