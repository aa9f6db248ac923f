"""Alerts for the tests: a fault at a sensor, made from few words."""

from datetime import UTC, datetime, timedelta

from tidemill.alerts import AlertEvent, alert_id, append_events
from tidemill.alerts.silences import until_text

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def minutes(number):
    return timedelta(minutes=number)


def at(number):
    """So many minutes after noon."""
    return NOON + minutes(number)


def event(
    what, minute, began=0, sensor="pump/1", severity="warning", value=None, text="", start=NOON, rule="hot", **details
):
    identity = alert_id("readings", rule, sensor, start + minutes(began))
    return AlertEvent(
        identity, what, start + minutes(minute), "readings", rule, "threshold", sensor, severity,
        start + minutes(began if what != "closed" else minute), value, None, text, details,
    )  # fmt: skip


def opened(minute=0, **more):
    return event("opened", minute, **{"began": minute, "value": 91.5, "text": "readings: 91.5 is above 80", **more})


def closed(minute, **more):
    return event("closed", minute, **{"text": "readings: below 75 again", **more})


def silence(minute, lasts, sensor="*", rule="*", start=NOON):
    until = until_text(start + minutes(minute + lasts))
    return AlertEvent(
        f"silence-{sensor}", "silenced", start + minutes(minute), "*", rule, "silence", sensor, "info",
        start + minutes(minute), details={"until": until, "by": "ada"},
    )  # fmt: skip


def written(config, *events):
    append_events(config, events)
    return [one.alert_id for one in events]
