from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.alerts.events import closed, opened
from tests.waiting import until
from tidemill.alerts import Deliverer, acknowledge, append_events, find_alert


@pytest.fixture
def config(alertmanager, configured):
    channel = {"kind": "alertmanager", "url": alertmanager.url, "resend_every": "1 second"}
    return configured(channels={"manager": channel})


def begun(sensor):
    return opened(0, sensor=sensor, start=datetime.now(UTC) - timedelta(minutes=5))


def firing(alertmanager, event):
    return [one for one in alertmanager.alerts() if one["labels"]["alert_id"] == event.alert_id]


def test_an_alert_fires_with_its_labels_and_is_resolved_when_it_is_over(alertmanager, config):
    event = begun("pump/1")
    append_events(config, [event])

    Deliverer(config).deliver_once()

    (alert,) = firing(alertmanager, event)
    assert alert["labels"] == {
        "alertname": "hot", "dataset": "readings", "rule": "hot", "kind": "threshold", "sensor": "pump/1",
        "severity": "warning", "alert_id": event.alert_id,
    }  # fmt: skip
    assert alert["annotations"]["summary"] == "readings: 91.5 is above 80"
    assert datetime.fromisoformat(alert["startsAt"]) == event.event_at.replace(
        microsecond=event.event_at.microsecond // 1000 * 1000
    )

    append_events(config, [closed(4, sensor="pump/1", start=event.at)])
    Deliverer(config).deliver_once()

    assert firing(alertmanager, event) == []


def test_an_open_alert_is_sent_on_and_on_so_that_it_is_not_forgotten_until_it_is_acknowledged(
    alertmanager, config, running
):
    event = begun("pump/2")
    append_events(config, [event])
    running(config).wake()
    until(lambda: firing(alertmanager, event))
    (first,) = firing(alertmanager, event)

    # It ends by itself two seconds after it was heard of last, which a busy machine may be late to tell.
    until(lambda: any(one["endsAt"] > first["endsAt"] for one in firing(alertmanager, event)))
    acknowledge(config, find_alert(config, event.alert_id), "ada")

    until(lambda: not firing(alertmanager, event))


def test_an_end_by_a_clock_that_is_ahead_resolves_it_now(alertmanager, config):
    event = begun("pump/3")
    append_events(config, [event, closed(600, sensor="pump/3", start=event.at)])

    Deliverer(config).deliver_once()

    assert firing(alertmanager, event) == []
