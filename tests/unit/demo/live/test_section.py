"""The page's section on the live minute, from a lake written without a JVM."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.sensor_lake import SILVER, SensorLake
from tidemill.alerts import AlertEvent, alert_id
from tidemill.config import load_config
from tidemill.demo.live import live_section, read_record
from tidemill.demo.live.record import LiveRecord, Seen, keep_record
from tidemill.demo.live.sensors import DATASET, FAULTS, LIVE_FROM, SensorFault
from tidemill.reports import page

COMMAND = "tidemill dashboard --home there"
SENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def lake(tmp_path) -> SensorLake:
    lake = SensorLake(tmp_path)
    for fault in FAULTS:
        rows = [
            {"station": fault.station, "sensor": fault.quantity, "at": LIVE_FROM + hour * HOUR, "value": 50.0 + hour}
            for hour in range(60)
        ]
        lake.write(f"silver.{DATASET}", rows, SILVER)
        lake.write(f"bronze.{DATASET}", rows, SILVER)
    return lake


@pytest.fixture
def config(lake):
    return load_config(home=str(lake.home))


def opened(fault: SensorFault, sensor: str = "") -> AlertEvent:
    about = (fault.rule, sensor or fault.sensor)
    return AlertEvent(
        alert_id=alert_id(DATASET, *about, fault.began),
        event="opened",
        at=datetime.now(UTC),
        dataset=DATASET,
        rule=fault.rule,
        kind="rate",
        sensor=about[1],
        severity="warning",
        event_at=fault.began,
        text=f"{about[1]}: as no sensor does",
    )


def record(*alerts: AlertEvent, **other) -> LiveRecord:
    seen = {alert.alert_id: Seen(published_at=SENT, seen_at=SENT + timedelta(seconds=2.5)) for alert in alerts}
    return LiveRecord(history=7000, live=900, began_at=SENT, seconds=59, seen=seen, **other)


def text(config, record: LiveRecord) -> str:
    return page("demo", [live_section(config, record, COMMAND)])


def test_each_found_fault_is_shown_with_its_alert_and_the_delay_from_sending_to_alert(lake, config):
    alerts = [opened(fault) for fault in FAULTS]
    lake.alert(alerts)

    shown = text(config, record(*alerts))

    assert "2 of 2" in shown
    assert "Each injected fault opened its alert" in shown
    assert shown.count(">2.5<") == 2
    assert all(f"The alert of rule {fault.rule} says: as no sensor does." in shown for fault in FAULTS)
    assert COMMAND in shown


def test_a_fault_without_an_alert_is_said_to_be_missed(lake, config):
    found, missed = FAULTS
    lake.alert([opened(found), opened(missed, sensor="JFK/humid")])

    shown = text(config, record())

    assert "1 of 2" in shown
    assert f"No alert tells of {missed.sensor} ({missed.words})" in shown


def test_what_was_sent_again_is_told_with_its_duplicates(lake, config):
    again = [{"station": "EWR", "sensor": "temp", "at": LIVE_FROM, "value": 50.0}]
    lake.write(f"bronze.{DATASET}", again, SILVER)

    shown = text(config, record(sent_again=SENT + HOUR))

    assert "in silver; duplicates besides: 1" in shown
    assert "At 2026-03-01 13:00 UTC the live ones were sent again, and taken as duplicates" in shown


def test_a_record_is_read_back_as_it_was_kept(config):
    kept = record(opened(FAULTS[0]))
    assert read_record(config) is None

    keep_record(config, kept)

    assert read_record(config) == kept


def test_a_record_that_cannot_be_read_is_none(config, lake):
    keep_record(config, record())
    (lake.home / "reports" / "demo-live.json").write_text('{"history": 1}')

    assert read_record(config) is None
