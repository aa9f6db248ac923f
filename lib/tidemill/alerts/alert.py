"""What people are told: one fact about a dataset, and the body in which a channel carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from tidemill.alerts.events import AlertEvent, Severity, alert_id

Kind = Literal["run_failed", "pass_rate_low", "source_stale"]
SEVERITIES: Mapping[Kind, Severity] = {"run_failed": "critical", "pass_rate_low": "warning", "source_stale": "warning"}
# A run's id says when it was.
ANY_TIME = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Alert:
    """One fact.

    Attributes:
        kind: run_failed, pass_rate_low or source_stale.
        dataset, job: what it is about.
        text: the fact in one line, for people.
        at: when it was found, UTC.
        run_id: the run that it is about, if it is about one.
        details: the figures behind it.
        began: since when it is so, where no run says that, UTC.
    """

    kind: Kind
    dataset: str
    job: str
    text: str
    at: datetime
    run_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    began: datetime | None = None

    @property
    def about(self) -> str:
        """What stands in the place of a sensor: the job, and its run where there is one."""
        return f"{self.job}/{self.run_id}" if self.run_id else self.job

    def event(self) -> AlertEvent:
        """The row that opens it, like an alert about a sensor; a run's has one id however often it is told."""
        began = self.began or self.at
        named = {"job": self.job, "run_id": self.run_id, **self.details}
        return AlertEvent(
            alert_id=alert_id(self.dataset, self.kind, self.about, ANY_TIME if self.run_id else began),
            event="opened",
            at=self.at,
            dataset=self.dataset,
            rule=self.kind,
            kind=self.kind,
            sensor=self.about,
            severity=SEVERITIES[self.kind],
            event_at=began,
            text=self.text,
            details={name: str(value) for name, value in named.items() if value is not None},
        )

    @property
    def key(self) -> str:
        """The same for the same fact, however often it is told, so that a receiver can tell it once."""
        return "/".join((self.kind, self.job, self.dataset, self.run_id or ""))

    def body(self) -> dict[str, Any]:
        """What a channel sends."""
        return {
            "kind": self.kind,
            "key": self.key,
            "dataset": self.dataset,
            "job": self.job,
            "run_id": self.run_id,
            "text": self.text,
            "at": self.at.isoformat(),
            "details": dict(self.details),
        }
