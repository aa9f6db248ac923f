"""When an alert is kept quiet: by a silence of its own, or by one of everything that fits a pattern."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from tidemill.alerts.events import SILENCE, AlertEvent

# No silence is longer, so that whoever reads them knows how far back to look.
LONGEST = timedelta(days=90)


@dataclass(frozen=True)
class Silence:
    """A time during which nobody is told.

    Attributes:
        silence_id: of the alert that it is for, or its own where it is for all that fit.
        dataset, rule, sensor: patterns as of file names, * for any; those of an alert where it is for one.
        since, until: UTC; until is not part of it.
        by: who silenced.
        note: why.
        of_one: whether it is for one alert.
    """

    silence_id: str
    dataset: str
    rule: str
    sensor: str
    since: datetime
    until: datetime
    by: str
    note: str
    of_one: bool

    def covers(self, alert_id: str, dataset: str, rule: str, sensor: str) -> bool:
        """Whether it is for this alert."""
        if self.of_one:
            return alert_id == self.silence_id
        pairs = ((dataset, self.dataset), (rule, self.rule), (sensor, self.sensor))
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)

    def holds(self, at: datetime) -> bool:
        """Whether it is on at this moment."""
        return self.since <= at < self.until


def silences_of(events: Iterable[AlertEvent]) -> list[Silence]:
    """The silences that rows make: each lasts until its time is over or the next row of its id, whichever is first.

    A row whose time is over when it is written ends the one before it.

    Args:
        events: any rows, in any order, some perhaps twice.
    """
    by_id: dict[str, dict[tuple[datetime, datetime], AlertEvent]] = defaultdict(dict)
    for event in events:
        if event.event == "silenced":
            by_id[event.alert_id][event.at, _until(event)] = event
    found = []
    for rows in by_id.values():
        ordered = [rows[key] for key in sorted(rows)]
        ends = [*(row.at for row in ordered[1:]), datetime.max.replace(tzinfo=UTC)]
        for row, end in zip(ordered, ends, strict=True):
            until = min(_until(row), end)
            if until > row.at:
                found.append(_silence(row, until))
    return sorted(found, key=lambda silence: (silence.since, silence.silence_id))


def until_text(at: datetime) -> str:
    """A time as `details` holds it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _until(event: AlertEvent) -> datetime:
    try:
        until = datetime.fromisoformat(event.details["until"])
    except (KeyError, ValueError):
        return event.at
    return until if until.tzinfo else until.replace(tzinfo=UTC)


def _silence(row: AlertEvent, until: datetime) -> Silence:
    return Silence(
        silence_id=row.alert_id,
        dataset=row.dataset,
        rule=row.rule,
        sensor=row.sensor,
        since=row.at,
        until=until,
        by=row.details.get("by", ""),
        note=row.details.get("note", ""),
        of_one=row.kind != SILENCE,
    )
