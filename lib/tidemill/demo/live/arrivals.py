"""What of the published readings has arrived: rows of the tables, and alerts, read without a JVM."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tidemill.alerts import CurrentAlert, recent_alerts
from tidemill.alerts.reading import LOOKBACK
from tidemill.config import Config
from tidemill.contract.stream import window_table
from tidemill.demo.live.sensors import DATASET, FAULTS, LIVE_FROM, LIVE_UNTIL, SensorFault
from tidemill.errors import RunFailed
from tidemill.lake.stored import StoredTable, opened
from tidemill.sources.mqtt.segments import segments_in

LOOK_SECONDS = 0.5
WAIT_SECONDS = 600
"""Far more than anything here takes, so that a busy machine does not fail it."""

BRONZE, SILVER = f"bronze.{DATASET}", f"silver.{DATASET}"
HOURLY, DAILY = window_table(DATASET, "1 hour"), window_table(DATASET, "1 day")


class NotInTime(RunFailed):
    """Something that was sent has not arrived."""

    def __init__(self, what: str, arrived: int, expected: int, logs: Path) -> None:
        super().__init__(
            f"the demo's live part waited {WAIT_SECONDS} s for {what}: {arrived:,} of {expected:,}. "
            f"See live-stream.log and live-bridge.log in {logs}, and run again: tidemill demo"
        )


class Arrivals:
    """The tables of the live data set.

    Args:
        config: where the lake is.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._tables: dict[str, StoredTable] = {}

    def rows(self, name: str) -> int:
        """A table's rows by its log; none while it is not there."""
        table = self._tables[name].newer() if name in self._tables else opened(self._config, name)
        if table is None:
            return 0
        self._tables[name] = table
        return sum(file.rows or 0 for file in table.files())

    def newest(self) -> datetime | None:
        """The event time of silver's newest reading, to the millisecond."""
        table = opened(self._config, SILVER)
        ends = [span["at"][1] for span in table.spans("at")] if table else []
        return max((end for end in ends if end), default=None)

    def waiting(self) -> int:
        """How many of the bridge's segments the stream has not taken."""
        folder = Path(self._config.spool) / DATASET
        return len(segments_in(folder)) if folder.is_dir() else 0

    def readings(self, fault: SensorFault, since: datetime) -> dict[datetime, float]:
        """What silver holds of a fault's sensor: event time -> value, some days of it, in the order of time."""
        table = opened(self._config, SILVER)
        one = (fault.station, fault.station), (fault.quantity, fault.quantity)
        bounds = {"at": (since, LIVE_UNTIL), "station": one[0], "sensor": one[1]}
        rows = table.rows(["at", "value"], bounds) if table else []
        return {row["at"]: row["value"] for row in sorted(rows, key=lambda row: row["at"])}

    def alerts(self) -> list[CurrentAlert]:
        """The alerts that began in the live hours, whenever they were told, oldest first."""
        since = datetime.now(UTC) - LOOKBACK
        found = recent_alerts(self._config, since, dataset=DATASET)
        return sorted(
            (alert for alert in found if alert.opened_at and LIVE_FROM <= alert.began_at < LIVE_UNTIL),
            key=lambda alert: (alert.opened_at or alert.began_at, alert.alert_id),
        )

    def missed(self) -> list[SensorFault]:
        """The injected faults that no alert tells of."""
        told = {(alert.sensor, alert.rule, alert.began_at) for alert in self.alerts()}
        return [fault for fault in FAULTS if (fault.sensor, fault.rule, fault.began) not in told]


def await_until(reached: Callable[[], bool], tick: Callable[[], None], seconds: float = WAIT_SECONDS) -> bool:
    """Whether it is so in time; asked twice a second.

    Args:
        reached: what is waited for.
        tick: done before each time.
        seconds: for how long at most.
    """
    until = time.monotonic() + seconds
    while True:
        tick()
        if reached():
            return True
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
