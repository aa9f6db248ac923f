"""Watch a stream's readings by its rules, and write down what opens and closes before anybody is told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

import pandas as pd
import structlog
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.alerts import AlertEvent, append_events
from tidemill.alerts.rules import Rules
from tidemill.config import Config
from tidemill.contract import Contract
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
        self._lock = Lock()
        self._asked = monotonic()

    def begin(self, state: bytes, silver: Callable[[], DataFrame | None]) -> None:
        """Go on from a kept state; without one what is usual is learnt from silver.

        Args:
            state: of `to_bytes`, or nothing.
            silver: gives the table, where it is asked for.
        """
        self._watcher = Watcher(self._contract.name, self._rules.now, state or None)
        past = silver() if not state and self._rules.now else None
        if past is not None:
            self._watcher.learn(_learnt_from(past, self._contract), datetime.now(UTC))

    def observe(self, taken: Arrived, arrival: int) -> list[AlertEvent]:
        """What readings open and close.

        Args:
            taken: the accepted readings of a micro-batch.
            arrival: its time, in microseconds since 1970 UTC.
        """
        assert self._watcher is not None  # noqa: S101 - `begin` comes first
        with self._lock:
            self._asked = monotonic()
            if self._rules.reloaded_if_changed():
                self._watcher.use(self._rules.now)
                structlog.get_logger().info("rules_reloaded", dataset=self._contract.name, rules=len(self._rules.now))
            if not self._rules.now:
                return []
            names = names_of(taken.sensor, self._contract)
            readings = pd.DataFrame(
                {"sensor": names, "at": pd.to_datetime(taken.at, unit="us", utc=True), "value": taken.value}
            )
            return self._watcher.observe(readings, datetime.fromtimestamp(arrival / 1e6, UTC))

    def record(self, events: Sequence[AlertEvent]) -> None:
        """Write events down, and have them told.

        A micro-batch that is tried again writes them again, under the same ids, which readers take as one.
        """
        if events:
            append_events(self._config, events)
            self._wake()

    def tick(self) -> None:
        """Ask the rules, where no reading has come for a while."""
        if self._watcher is None or monotonic() - self._asked < TICK_SECONDS:
            return
        nothing = pd.DataFrame({"sensor": pd.Series(dtype=object), "at": pd.to_datetime([], utc=True), "value": []})
        with self._lock:
            self._asked = monotonic()
            events = self._watcher.observe(nothing, datetime.now(UTC)) if self._rules.now else []
        self.record(events)

    def to_bytes(self) -> bytes:
        """All that must be known to go on."""
        with self._lock:
            return self._watcher.to_bytes() if self._watcher and self._rules.now else b""


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
