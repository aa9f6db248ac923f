"""The outbox: what ops.alert_events says of deliveries, read again only where the table has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from tidemill.alerts.acting import append_events
from tidemill.alerts.events import TABLE, AlertEvent
from tidemill.alerts.message import Message
from tidemill.alerts.reading import fold_table
from tidemill.alerts.state import CurrentAlert
from tidemill.config import Config, length
from tidemill.lake.stored import opened

# So long after messages have become too old whoever delivers still sees them, to say that they are given up.
MARGIN = timedelta(days=1)
# An unchanged table is looked at again after this, as what lies behind the horizon changes with the time.
KEPT = timedelta(minutes=10)


@dataclass(frozen=True)
class _Read:
    version: int
    at: datetime
    alerts: Sequence[CurrentAlert]


class Outbox:
    """The alerts that are open, or to which something happened lately, for all channels of a process.

    Held in memory are these alerts, which are those of `give_up_after` and the open ones.

    Args:
        config: where the lake is.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._horizon = length(config.alerts.give_up_after) + MARGIN
        self._lock = Lock()
        self._read: _Read | None = None

    def alerts(self, now: datetime) -> Sequence[CurrentAlert]:
        """The alerts as the table has them now, in the order in which they were opened.

        Raises:
            TableNotReadable: the store refused.
        """
        with self._lock:
            table = opened(self._config, TABLE)
            if table is None:
                return ()
            kept = self._read
            if kept is None or kept.version != table.version or not now - kept.at < KEPT:
                found = fold_table(table, now - self._horizon, now).alerts
                self._read = kept = _Read(table.version, now, found)
            return kept.alerts

    def record(self, deliveries: Sequence[AlertEvent]) -> None:
        """Add what was delivered.

        Raises:
            NotAppended: the store or the disk refused.
        """
        append_events(self._config, deliveries)


def delivery(message: Message, channel: str, at: datetime, outcome: str = "delivered", reason: str = "") -> AlertEvent:
    """The row that says what became of a message on a channel: `delivered` or `given up`, and then why."""
    details = {"channel": channel, "of": message.event, "key": message.key, "outcome": outcome, "reason": reason}
    return message.alert.event("delivered", at, details)
