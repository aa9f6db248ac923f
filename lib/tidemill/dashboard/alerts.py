"""The alerts of the last 90 days as they stand: each file's events are read once, each version folded once."""

from datetime import UTC, datetime

from tidemill.alerts import AlertEvent, CurrentAlert, fold
from tidemill.alerts.events import TABLE
from tidemill.alerts.reading import COLUMNS, LOOKBACK, events_of
from tidemill.dashboard.tables import Tables
from tidemill.lake.stored import StoredTable

SEVERITIES = {"critical": 0, "warning": 1, "info": 2}


class Alerts:
    """The alerts of one lake.

    Args:
        tables: the lake's.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        # About a kilobyte an event: 30 MB for 10,000 alerts in 90 days.
        self._events: dict[str, list[AlertEvent]] = {}

    def current(self, now: datetime) -> list[CurrentAlert]:
        """Those to which something happened within LOOKBACK: open ones first, by severity, then the newest first.

        Args:
            now: UTC.

        Raises:
            TableNotReadable: the store refused.
        """
        # A whole day, so that the answer holds until the table changes or the day does.
        since = datetime.combine((now - LOOKBACK).date(), datetime.min.time(), UTC)

        def made() -> list[CurrentAlert]:
            table = self._tables.table(TABLE)
            newest_first = list(reversed(fold(self._since(table, since)).alerts)) if table else []
            return sorted(newest_first, key=_place)

        return self._tables.remembered(("alerts", since), [TABLE], made)

    def _since(self, table: StoredTable, since: datetime) -> list[AlertEvent]:
        known, wanted = self._events, sorted(table.may_hold({"at": (since, None)}))
        events = {path: known[path] if path in known else _read(table, path) for path in wanted}
        self._events = events
        return [event for path in wanted for event in events[path]]


def _read(table: StoredTable, path: str) -> list[AlertEvent]:
    return [event for piece in table.pieces(COLUMNS, files=(path,)) for event in events_of(piece.to_pylist())]


def _place(alert: CurrentAlert) -> tuple[bool, int]:
    return not alert.is_open, SEVERITIES.get(alert.severity, len(SEVERITIES)) if alert.is_open else 0
