"""What happens to an alert: a rule opens and closes it, a person acknowledges or silences it, a channel takes it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

TABLE = "ops.alert_events"
SCHEMA = (
    "alert_id string, event string, at timestamp, dataset string, rule string, kind string, sensor string, "
    "severity string, event_at timestamp, value double, score double, text string, details map<string,string>"
)
# The columns that files of the table are skipped by.
STATISTICS = ("at", "alert_id", "event", "kind", "dataset")
# The kind of the rows that silence whatever fits their dataset, rule and sensor, which are patterns then.
SILENCE = "silence"
Happening = Literal["opened", "closed", "acknowledged", "silenced", "noted", "delivered"]
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True)
class AlertEvent:
    """One row of ops.alert_events.

    Attributes:
        alert_id: one for each fault; see `alert_id`.
        event: what happened.
        at: when it was found or done, UTC.
        dataset: whose readings.
        rule: the rule's name.
        kind: the rule's kind, such as threshold, anomaly, rate, stuck, silent, drift.
        sensor: the entity's values with / between.
        severity: info, warning or critical.
        event_at: the time of the reading at which the fault began or was over, UTC.
        value: that reading's value; None where there is none, as of a silent sensor.
        score: of an anomaly, 0 to 1.
        text: the fact in one line, for people.
        details: more, as text: who acknowledged, until when it is silenced, which channel took it.
    """

    alert_id: str
    event: Happening
    at: datetime
    dataset: str
    rule: str
    kind: str
    sensor: str
    severity: Severity
    event_at: datetime
    value: float | None = None
    score: float | None = None
    text: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    def row(self) -> tuple[Any, ...]:
        """The values in the order of SCHEMA."""
        return (
            *(self.alert_id, self.event, self.at, self.dataset, self.rule, self.kind, self.sensor, self.severity),
            *(self.event_at, self.value, self.score, self.text, dict(self.details)),
        )


def alert_id(dataset: str, rule: str, sensor: str, began: datetime) -> str:
    """The same for the same fault however often it is computed: 16 hex digits of what it is about and when it began."""
    what = "\x1f".join((dataset, rule, sensor, began.astimezone(UTC).isoformat()))
    return hashlib.sha256(what.encode()).hexdigest()[:16]
