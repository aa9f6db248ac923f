"""What people are told: one fact about a dataset, and the body in which a channel carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["run_failed", "pass_rate_low", "source_stale"]


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
    """

    kind: Kind
    dataset: str
    job: str
    text: str
    at: datetime
    run_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

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
