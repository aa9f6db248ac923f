"""What a channel is given to tell: one thing that happened to one alert, with the key that makes repeats harmless."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidemill.alerts.state import CurrentAlert, Told


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        alert: as it stands.
        event: opened or closed, which is what is told.
    """

    alert: CurrentAlert
    event: Told

    @property
    def key(self) -> str:
        """The idempotency key: the same however often this is sent, so that a receiver can take it once."""
        return f"{self.alert.alert_id}-{self.event}"

    @property
    def text(self) -> str:
        """The fact in one line."""
        about = f"{self.alert.rule} at {self.alert.sensor}" if self.alert.sensor else self.alert.rule
        if self.event == "opened":
            return self.alert.text or f"{self.alert.dataset}: {about}"
        return self.alert.closing or f"over: {self.alert.text or about}"

    @property
    def subject(self) -> str:
        """A mail's: how bad, of what, and whether it is over."""
        what = self.alert.severity if self.event == "opened" else "over"
        line = " ".join(f"[{what}] {self.alert.dataset}: {self.text.removeprefix(f'{self.alert.dataset}: ')}".split())
        return line if len(line) <= 150 else line[:149] + "\N{HORIZONTAL ELLIPSIS}"

    def body(self) -> dict[str, Any]:
        """What a webhook is posted; `job` and `run_id` are of an alert about a run, else null."""
        alert = self.alert
        return {
            "key": self.key,
            "event": self.event,
            "alert_id": alert.alert_id,
            "kind": alert.kind,
            "dataset": alert.dataset,
            "rule": alert.rule,
            "sensor": alert.sensor,
            "severity": alert.severity,
            "text": self.text,
            "at": _iso(alert.opened_at if self.event == "opened" else alert.closed_at),
            "began_at": _iso(alert.began_at),
            "ended_at": _iso(alert.ended_at),
            "value": alert.value,
            "score": alert.score,
            "job": alert.details.get("job"),
            "run_id": alert.details.get("run_id"),
            "details": dict(alert.details),
        }

    def lines(self) -> str:
        """What a mail says."""
        alert = self.alert
        told = {
            "dataset": alert.dataset,
            "rule": alert.rule,
            "sensor": alert.sensor,
            "severity": alert.severity,
            "began": _iso(alert.began_at),
            "ended": _iso(alert.ended_at),
            "value": alert.value,
            "score": alert.score,
            **alert.details,
            "alert": alert.alert_id,
        }
        rows = "\n".join(f"{name}: {value}" for name, value in told.items() if value not in (None, ""))
        return f"{self.text}\n\n{rows}\n\ntidemill alerts show {alert.alert_id}\n"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
