"""A channel, and alerts for it."""

from datetime import UTC, datetime, timedelta

from tests.unit.alerts.events import opened

HOOK = {"kind": "webhook", "url": "${env:HOOK}", "signing_key": "${env:HOOK_KEY}"}


def now_events(count):
    """The beginnings of so many faults, found just now."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    return [opened(0, sensor=f"pump/{number}", start=start) for number in range(count)]
