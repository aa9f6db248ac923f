"""The alerts that rules would have made of readings of the past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tidemill.alerts.events import AlertEvent, Severity
from tidemill.alerts.rules import Rule
from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.errors import RequestWrong
from tidemill.lake.stored import opened
from tidemill.streams.anomalies.batch import EPOCH
from tidemill.streams.anomalies.watcher import Watcher

READINGS = 20_000  # in one step


class NoReadings(RequestWrong):
    """A contract does not say what a reading is."""

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"{dataset}: its contract has no stream section, which says whose a reading is and what was measured. Add "
            f"stream: {{entity: [COLUMN], value: COLUMN}} to conf/datasets/{dataset}.yaml."
        )


class NothingInSilver(RequestWrong):
    """There is nothing to try rules on."""

    def __init__(self, dataset: str, why: str) -> None:
        super().__init__(
            f"silver.{dataset} {why}. Load readings with spark-submit jobs/stream.py --dataset {dataset}, or choose "
            "another --home."
        )


@dataclass(frozen=True)
class PastAlert:
    """An alert that there would have been.

    Attributes:
        alert_id, rule, kind, severity, sensor: as of an AlertEvent.
        began: the time of the reading at which the fault began, UTC.
        opened: the event time at which it could be known and the alert opened, UTC.
        closed: when the fault was over; None: it is not.
        worst: the value furthest from right; None of a silent sensor, and of a fault that is not over its value when
            the alert opened.
        score: of an anomaly, the highest.
        text: the alert's line.
    """

    alert_id: str
    rule: str
    kind: str
    severity: Severity
    sensor: str
    began: datetime
    opened: datetime
    closed: datetime | None
    worst: float | None
    score: float | None
    text: str

    @property
    def lasted(self) -> timedelta | None:
        """How long the fault was there; None: it still is."""
        return self.closed - self.began if self.closed else None

    def as_json(self) -> dict[str, Any]:
        """As plain values, times in ISO 8601."""
        return {
            "alert_id": self.alert_id,
            "rule": self.rule,
            "kind": self.kind,
            "severity": self.severity,
            "sensor": self.sensor,
            "began": self.began.isoformat(),
            "opened": self.opened.isoformat(),
            "closed": self.closed.isoformat() if self.closed else None,
            "lasted_seconds": self.lasted.total_seconds() if self.lasted is not None else None,
            "worst": self.worst,
            "score": self.score,
            "text": self.text,
        }


def backtest(
    dataset: str,
    rules: Sequence[Rule],
    readings: pa.Table,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[PastAlert]:
    """Judge readings of the past as the stream judges them as they come.

    Args:
        dataset: whose readings.
        rules: see `tidemill.alerts.rules`.
        readings: sensor string, at timestamp, value double; in any order.
        progress: is told how many readings of how many are judged.

    Returns:
        The alerts in the order of when they opened.
    """
    watcher = Watcher(dataset, rules)
    ordered = readings.take(pc.sort_indices(readings, [("at", "ascending")]))
    events: list[AlertEvent] = []
    for start in range(0, len(ordered), READINGS):
        part = ordered.slice(start, READINGS)
        newest = part.column("at")[-1].cast(pa.timestamp("us")).value
        events += watcher.observe(part, EPOCH + timedelta(microseconds=newest))
        progress(min(start + READINGS, len(ordered)), len(ordered))
    return past_alerts(events)


def past_alerts(events: Sequence[AlertEvent]) -> list[PastAlert]:
    """Each alert once, from what opened and closed it."""
    closed = {event.alert_id: event for event in events if event.event == "closed"}
    found = [_past(event, closed.get(event.alert_id)) for event in events if event.event == "opened"]
    return sorted(found, key=lambda alert: (alert.opened, alert.rule, alert.sensor))


def _past(event: AlertEvent, over: AlertEvent | None) -> PastAlert:
    worst = event.value if over is None else over.details.get("worst")
    return PastAlert(
        alert_id=event.alert_id,
        rule=event.rule,
        kind=event.kind,
        severity=event.severity,
        sensor=event.sensor,
        began=event.event_at,
        opened=datetime.fromisoformat(event.details["noticed"]),
        closed=over.event_at if over else None,
        worst=None if worst is None else float(worst),
        score=over.score if over else event.score,
        text=event.text,
    )


def silver_readings(
    config: Config, contract: Contract, since: datetime | None = None, until: datetime | None = None
) -> pa.Table:
    """A dataset's readings in silver, read without a JVM; about 30 bytes of memory a reading.

    Args:
        config: where the lake is.
        contract: with a stream section.
        since: the first event time; None: from the first reading on.
        until: the last event time; None: to the last reading.

    Returns:
        sensor string (the entity's values with / between), at timestamp (UTC), value double.

    Raises:
        NoReadings: the contract has no stream section.
        NothingInSilver: the table is not there, or has no reading in that time.
        TableNotReadable: the store refused.
    """
    stream, event_time = contract.stream, contract.event_time
    if stream is None or event_time is None:
        raise NoReadings(contract.name)
    table = opened(config, f"silver.{contract.name}")
    if table is None:
        raise NothingInSilver(contract.name, "was never written")
    columns = (*stream.entity, event_time, stream.value)
    bounds = {event_time: (since, until)} if since or until else {}
    pieces = [_readings(piece, stream.entity, event_time, stream.value) for piece in table.pieces(columns, bounds)]
    if not pieces:
        raise NothingInSilver(contract.name, "has no readings in that time" if bounds else "has no readings")
    return pa.concat_tables(pieces).unify_dictionaries()


def _readings(piece: pa.Table, entity: Sequence[str], event_time: str, value: str) -> pa.Table:
    parts = [piece.column(name).cast(pa.string()) for name in entity]
    sensor = pc.binary_join_element_wise(*parts, "/") if len(parts) > 1 else parts[0]
    at = pc.cast(piece.column(event_time), pa.timestamp("us", "UTC"), safe=False)
    number = pc.cast(piece.column(value), pa.float64(), safe=False)
    readings = pa.table({"sensor": sensor.combine_chunks().dictionary_encode(), "at": at, "value": number})
    return readings.filter(pc.is_valid(number))
