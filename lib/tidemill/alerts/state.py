"""What has become of each alert: the rows of ops.alert_events folded, in whatever order they come."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tidemill.alerts.events import SILENCE, AlertEvent, Happening, Severity
from tidemill.alerts.silences import Silence, silences_of

State = Literal["open", "acknowledged", "silenced", "closed"]
Told = Literal["opened", "closed"]


@dataclass(frozen=True)
class Note:
    """What a person wrote to an alert."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class CurrentAlert:
    """One alert as it stands.

    Attributes:
        alert_id, dataset, rule, kind, sensor, severity: as in its rows.
        opened_at: when it was found, UTC; None where the row that says so lies before all that was read.
        began_at: the time of the reading with which the fault began.
        closed_at, ended_at: the same of its end; None while it lasts.
        value, score, text: of its beginning.
        closing: in one line, how it ended.
        details: of its beginning.
        acknowledged_at, acknowledged_by: of the first who took it on.
        notes: of people, oldest first.
        silences: its own and those that fit it, oldest first; over or not.
        delivered: (channel, event) -> `delivered`, or `given up`.
        last_at: the newest of its rows.
    """

    alert_id: str
    dataset: str
    rule: str
    kind: str
    sensor: str
    severity: Severity
    opened_at: datetime | None
    began_at: datetime
    closed_at: datetime | None = None
    ended_at: datetime | None = None
    value: float | None = None
    score: float | None = None
    text: str = ""
    closing: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    notes: tuple[Note, ...] = ()
    silences: tuple[Silence, ...] = ()
    delivered: Mapping[tuple[str, str], str] = field(default_factory=dict)
    last_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the fault lasts, silenced and acknowledged ones too."""
        return self.closed_at is None

    def silence(self, now: datetime) -> Silence | None:
        """Of the silences that hold the one that lasts longest; None where it is not silenced."""
        return max((one for one in self.silences if one.holds(now)), key=lambda one: one.until, default=None)

    def silenced_until(self, now: datetime) -> datetime | None:
        """Until when it is silenced; None where it is not."""
        silence = self.silence(now)
        return None if silence is None else silence.until

    def state(self, now: datetime) -> State:
        """In one word; of several that are true the last of open, acknowledged, silenced, closed."""
        if not self.is_open:
            return "closed"
        if self.silenced_until(now) is not None:
            return "silenced"
        return "open" if self.acknowledged_at is None else "acknowledged"

    def event(self, event: Happening, at: datetime, details: Mapping[str, str]) -> AlertEvent:
        """A row about it; details that are empty are left out."""
        return AlertEvent(
            alert_id=self.alert_id,
            event=event,
            at=at,
            dataset=self.dataset,
            rule=self.rule,
            kind=self.kind,
            sensor=self.sensor,
            severity=self.severity,
            event_at=self.began_at,
            details={name: value for name, value in details.items() if value},
        )

    def as_json(self, now: datetime) -> dict[str, Any]:
        """What a program reads: times in ISO 8601."""
        names = ("alert_id", "dataset", "rule", "kind", "sensor", "severity", "value", "score", "text", "closing")
        times = {
            name: _iso(getattr(self, name))
            for name in ("opened_at", "began_at", "closed_at", "ended_at", "acknowledged_at")
        }
        delivered: dict[str, dict[str, str]] = defaultdict(dict)
        for (channel, event), outcome in sorted(self.delivered.items()):
            delivered[channel][event] = outcome
        return {
            **{name: getattr(self, name) for name in names},
            "state": self.state(now),
            **times,
            "acknowledged_by": self.acknowledged_by,
            "silenced_until": _iso(self.silenced_until(now)),
            "notes": [{"at": note.at.isoformat(), "by": note.by, "text": note.text} for note in self.notes],
            "delivered": dict(delivered),
            "details": dict(self.details),
        }


@dataclass(frozen=True)
class Folded:
    """Alerts in the order in which they were opened, and the silences, over or not."""

    alerts: Sequence[CurrentAlert]
    silences: Sequence[Silence]


def fold(events: Iterable[AlertEvent]) -> Folded:
    """Make one alert of all its rows.

    The result does not depend on the rows' order, nor on how often a row stands there: a query that was killed opens
    an alert again, with another time of finding. Of several rows that open, close or acknowledge the first one counts.

    Args:
        events: rows of the table. An alert of which neither beginning nor end is among them is left out.
    """
    by_id: dict[str, list[AlertEvent]] = defaultdict(list)
    silencing = []
    for event in events:
        if event.event == "silenced":
            silencing.append(event)
        if event.kind != SILENCE:
            by_id[event.alert_id].append(event)
    silences = silences_of(silencing)
    own: dict[str, list[Silence]] = defaultdict(list)
    for silence in silences:
        own[silence.silence_id if silence.of_one else ""].append(silence)
    alerts = [
        _alert(sorted(rows, key=_order), [*own[alert_id], *own[""]])
        for alert_id, rows in by_id.items()
        if any(row.event in ("opened", "closed") for row in rows)
    ]
    return Folded(sorted(alerts, key=lambda alert: (alert.opened_at or alert.began_at, alert.alert_id)), silences)


def _order(event: AlertEvent) -> tuple[Any, ...]:
    numbers = (repr(event.value), repr(event.score))
    about = (event.dataset, event.rule, event.kind, event.sensor, event.severity)
    return (event.at, event.event, event.event_at, *about, event.text, *numbers, sorted(event.details.items()))


def _alert(rows: Sequence[AlertEvent], silences: Sequence[Silence]) -> CurrentAlert:
    opened, closed = _first(rows, "opened"), _first(rows, "closed")
    taken = _first(rows, "acknowledged")
    facts = opened or closed or rows[0]
    about = (facts.alert_id, facts.dataset, facts.rule, facts.sensor)
    return CurrentAlert(
        **{name: getattr(facts, name) for name in ("alert_id", "dataset", "rule", "kind", "sensor", "severity")},
        opened_at=opened.at if opened else None,
        began_at=facts.event_at,
        closed_at=closed.at if closed else None,
        ended_at=closed.event_at if closed else None,
        value=facts.value,
        score=facts.score,
        text=facts.text,
        closing=closed.text if closed else "",
        details=dict(facts.details),
        acknowledged_at=taken.at if taken else None,
        acknowledged_by=taken.details.get("by", "") if taken else None,
        notes=tuple(dict.fromkeys(_note(row) for row in rows if row.details.get("note") and row.event in NOTING)),
        silences=tuple(
            sorted((one for one in silences if one.covers(*about)), key=lambda one: (one.since, one.silence_id))
        ),
        delivered=_delivered(rows),
        last_at=rows[-1].at,
    )


NOTING = ("noted", "acknowledged", "silenced")


def _note(row: AlertEvent) -> Note:
    return Note(row.at, row.details.get("by", ""), row.details["note"])


def _first(rows: Sequence[AlertEvent], event: str) -> AlertEvent | None:
    return next((row for row in rows if row.event == event), None)


def _delivered(rows: Sequence[AlertEvent]) -> dict[tuple[str, str], str]:
    told = [row.details for row in rows if row.event == "delivered"]
    # One that was taken after all counts more than one that was given up.
    ordered = sorted(told, key=lambda details: details.get("outcome", "delivered") == "delivered")
    return {
        (details["channel"], details["of"]): details.get("outcome", "delivered")
        for details in ordered
        if "channel" in details and "of" in details
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
