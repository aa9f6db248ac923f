import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tidemill.alerts import Alert, open_alerts, recent_alerts
from tidemill.config import load_config
from tidemill.monitoring.telling import close, tell

NOW = datetime.now(UTC)
FAILED = Alert("run_failed", "people", "ingest", "ingest of people failed: no disk", NOW, "r1", {"code": 7})
STALE = Alert("source_stale", "people", "ingest", "no rows", NOW, began=NOW - timedelta(days=2))


@pytest.fixture
def config(tmp_path, receiver, monkeypatch):
    monkeypatch.setenv("HOOK", receiver.url)
    monkeypatch.setattr("tidemill.monitoring.telling.PATIENCE", timedelta(0))
    return load_config(home=str(tmp_path), overrides=["alerts.webhook=${env:HOOK}"])


def test_an_alert_about_a_run_is_recorded_and_delivered_with_its_job_and_run(config, receiver):
    assert tell(config, [FAILED]) == {}

    (alert,) = open_alerts(config)
    assert (alert.kind, alert.severity, alert.sensor) == ("run_failed", "critical", "ingest/r1")
    assert alert.delivered == {("webhook", "opened"): "delivered"}
    (body,) = receiver.bodies
    assert {name: body[name] for name in ("kind", "job", "run_id", "text", "details", "event", "key")} == {
        "kind": "run_failed", "job": "ingest", "run_id": "r1", "text": "ingest of people failed: no disk",
        "details": {"job": "ingest", "run_id": "r1", "code": "7"}, "event": "opened", "key": f"{alert.alert_id}-opened",
    }  # fmt: skip


def test_what_stands_open_is_neither_recorded_nor_posted_again(config, receiver):
    for later in range(3):
        tell(config, [Alert("run_failed", "people", "ingest", "again", NOW + timedelta(minutes=later))])
    tell(config, [FAILED, STALE])
    tell(config, [FAILED, STALE])

    assert len(receiver.bodies) == 3
    assert len(open_alerts(config)) == 3


def test_what_a_channel_did_not_take_is_told_by_its_id_and_delivered_the_next_time(config, receiver):
    receiver.statuses = [500]

    untold = tell(config, [FAILED])
    (alert,) = open_alerts(config)
    again = tell(config, [FAILED])

    assert (untold, again) == ({alert.alert_id: "status 500"}, {})
    assert len(receiver.bodies) == 2


def test_where_nothing_can_be_recorded_it_is_posted_all_the_same(config, receiver):
    Path(config.lake_root).write_text("a file in the place of the lake")

    assert tell(config, [FAILED]) == {}

    assert [body["run_id"] for body in receiver.bodies] == ["r1"]


def test_what_is_put_right_is_closed_and_what_is_still_so_is_not(config, receiver):
    tell(config, [FAILED, STALE])
    other = Alert("run_failed", "people", "stream", "stream of people failed", NOW, "r2")
    tell(config, [other])

    left = close(config, "people", "ingest", {"run_failed", "source_stale"}, [STALE], "ingest of people ended well")

    assert left == 1
    assert {alert.sensor for alert in open_alerts(config)} == {"ingest", "stream/r2"}
    (over,) = [alert for alert in recent_alerts(config, NOW) if not alert.is_open]
    assert (over.sensor, over.closing) == ("ingest/r1", "ingest of people ended well")
    assert json.dumps(over.as_json(NOW))
