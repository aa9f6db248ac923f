"""Watch a stream's readings by its rules, and write down what opens and closes before anybody is told."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

import pandas as pd
import structlog
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.alerts import AlertEvent, CurrentAlert, append_events, open_alerts
from tidemill.alerts.alert import SEVERITIES
from tidemill.alerts.rules import Rules
from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.errors import TidemillError
from tidemill.streams.anomalies import Watcher
from tidemill.streams.readings.deciding import Arrived
from tidemill.streams.readings.known import names_of, sensor_of

# Where no reading comes, the rules are asked all the same: silence is theirs to find.
TICK_SECONDS = 5.0
# What is usual is learnt from so many of silver's newest days, and no more readings than that.
LEARNT_DAYS, LEARNT_READINGS = 35, 2_000_000


class Alerting:
    """The rules of one dataset on its stream.

    Args:
        config: where rules and alerts are.
        contract: the dataset's.
        wake: called when events were written.
    """

    def __init__(self, config: Config, contract: Contract, wake: Callable[[], None] = lambda: None) -> None:
        self._config, self._contract, self._wake = config, contract, wake
        self._rules = Rules(config, contract.name)
        self._watcher: Watcher | None = None
        self._standing: Sequence[CurrentAlert] = ()
        self._lock = Lock()
        self._asked = monotonic()

    def begin(self, state: bytes, silver: Callable[[], DataFrame | None]) -> None:
        """Go on from a kept state; without one what is usual is learnt from silver.

        Args:
            state: of `to_bytes`, or nothing.
            silver: gives the table, where it is asked for.
        """
        watcher = Watcher(self._contract.name, self._rules.now, state or None)
        past = silver() if not state and self._rules.now else None
        if past is not None:
            watcher.learn(_learnt_from(past, self._contract), datetime.now(UTC))
        self._standing = self._standing_open()
        # Last: another thread's `tick` asks whatever is here.
        self._watcher = watcher

    def _standing_open(self) -> list[CurrentAlert]:
        """The alerts of this dataset's sensors that are open; none where that cannot be read, as readings go first."""
        try:
            mine = [alert for alert in open_alerts(self._config) if alert.dataset == self._contract.name]
        except TidemillError as error:
            log = structlog.get_logger()
            log.warning(
                "open_alerts_unknown", dataset=self._contract.name, reason=str(error), again="at the next start"
            )
            return []
        return [alert for alert in mine if alert.kind not in SEVERITIES]

    def observe(self, taken: Arrived, arrival: int) -> list[AlertEvent]:
        """What readings open and close.

        The first readings close the alerts too that stood open before and that nothing is known of, as after a state
        was lost. No earlier: a batch that is repeated after a kill may know of its own again.

        Args:
            taken: the accepted readings of a micro-batch.
            arrival: its time, in microseconds since 1970 UTC.
        """
        assert self._watcher is not None  # noqa: S101 - `begin` comes first
        at = pd.to_datetime(taken.at, unit="us", utc=True)
        names = names_of(taken.sensor, self._contract)
        readings = pd.DataFrame({"sensor": names, "at": at, "value": taken.value})
        now = datetime.fromtimestamp(arrival / 1e6, UTC)
        with self._lock:
            events = self._judged(self._watcher, readings, now)
            if self._standing:
                known = self._watcher.followed() | {event.alert_id for event in events}
                events += [_closing(alert, now) for alert in self._standing if alert.alert_id not in known]
                self._standing = ()
        return events

    def _judged(self, watcher: Watcher, readings: pd.DataFrame, now: datetime) -> list[AlertEvent]:
        """By the rules as they are now; those that are gone close what they opened."""
        self._asked = monotonic()
        if self._rules.reloaded_if_changed():
            watcher.use(self._rules.now)
            structlog.get_logger().info("rules_reloaded", dataset=self._contract.name, rules=len(self._rules.now))
        return watcher.observe(readings, now) if self._rules.now or watcher.owing else []

    def record(self, events: Sequence[AlertEvent]) -> None:
        """Write events down, and have them told.

        A micro-batch that is tried again writes them again, under the same ids, which readers take as one.
        """
        if events:
            append_events(self._config, events)
            self._wake()

    def tick(self) -> None:
        """Read the rules again and ask them, where no reading has come for a while."""
        if self._watcher is None or monotonic() - self._asked < TICK_SECONDS:
            return
        nothing = pd.DataFrame({"sensor": pd.Series(dtype=object), "at": pd.to_datetime([], utc=True), "value": []})
        with self._lock:
            events = self._judged(self._watcher, nothing, datetime.now(UTC))
        self.record(events)

    def to_bytes(self) -> bytes:
        """All that must be known to go on."""
        with self._lock:
            return self._watcher.to_bytes() if self._watcher and self._rules.now else b""


def _closing(alert: CurrentAlert, now: datetime) -> AlertEvent:
    text = f"{alert.sensor}: {alert.rule} is closed; the stream began without what it knew of it"
    return replace(alert.event("closed", now, alert.details), event_at=now, text=text)


def _learnt_from(silver: DataFrame, contract: Contract) -> pd.DataFrame:
    assert contract.stream is not None  # noqa: S101
    at = F.col(f"`{contract.event_time}`")
    newest = silver.agg(F.max(at)).first()  # one row
    assert newest is not None  # noqa: S101
    recent = silver.where(at >= F.lit(newest[0]) - F.expr(f"interval {LEARNT_DAYS} days"))
    value = F.col(f"`{contract.stream.value}`").cast("double").alias("value")
    rows = recent.select(sensor_of(contract).alias("sensor"), at.alias("at"), value)
    # Bounded by the limit: some hundred megabytes at most.
    found = rows.orderBy(at.desc()).limit(LEARNT_READINGS).toPandas()
    return found.assign(at=found["at"].dt.tz_localize("UTC"))
