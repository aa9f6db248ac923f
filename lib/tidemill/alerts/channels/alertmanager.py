"""Tell Alertmanager (its API v2): it forgets what it does not hear of again, so open alerts are sent on and on."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from tidemill.alerts.channels.http import send_json
from tidemill.alerts.channels.signing import KEY
from tidemill.alerts.message import Message
from tidemill.config import AlertmanagerChannel, length, revealed

KIND = "Alertmanager"
# So many alerts are about 1 MB.
AT_ONCE = 1000


class Alertmanager:
    """The channel.

    Args:
        channel: as configured; its `resend_every` must be well below Alertmanager's `resolve_timeout`.
    """

    def __init__(self, channel: AlertmanagerChannel) -> None:
        self._channel = channel
        self._every = length(channel.resend_every).total_seconds()
        self._reminded = float("-inf")

    def send(self, message: Message) -> None:
        """Post one alert, with the time of its end where it is over; see `Channel.send`."""
        self._post([_alert(message)], {KEY: message.key})

    def remind(self, standing: Sequence[Message]) -> None:
        """Post all that stand, where the last time is longer ago than `resend_every`."""
        if monotonic() - self._reminded < self._every:
            return
        for start in range(0, len(standing), AT_ONCE):
            self._post([_alert(message) for message in standing[start : start + AT_ONCE]], {})
        self._reminded = monotonic()

    def _post(self, alerts: Sequence[dict[str, Any]], headers: dict[str, str]) -> None:
        url = f"{revealed(self._channel.url).rstrip('/')}/api/v2/alerts"
        user, password = self._channel.user, self._channel.password
        auth = (user, revealed(password)) if user and password else None
        send_json(url, json.dumps(alerts, ensure_ascii=False).encode(), headers, KIND, auth)


def _alert(message: Message) -> dict[str, Any]:
    alert = message.alert
    labels = {
        "alertname": alert.rule,
        "dataset": alert.dataset,
        "rule": alert.rule,
        "kind": alert.kind,
        "sensor": alert.sensor,
        "severity": alert.severity,
        "alert_id": alert.alert_id,
    }
    # A reading's clock may be ahead, and Alertmanager refuses an end before the beginning.
    now = datetime.now(UTC)
    starts = min(alert.began_at, now)
    told: dict[str, Any] = {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {"summary": message.text},
        "startsAt": starts.isoformat(),
    }
    if message.event == "closed":
        told["endsAt"] = max(starts, min(alert.ended_at or now, now)).isoformat()
    return told
