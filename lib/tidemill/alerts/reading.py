"""The alerts of a lake, read without a JVM: from the dashboard, the command line and whoever delivers them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow.dataset as ds

from tidemill.alerts.events import SILENCE, TABLE, AlertEvent
from tidemill.alerts.silences import LONGEST, Silence
from tidemill.alerts.state import CurrentAlert, Folded, fold
from tidemill.config import Config
from tidemill.lake.stored import StoredTable, opened

# An alert to which nothing has happened for longer is not looked for; files before that stay unread.
LOOKBACK = LONGEST
COLUMNS = (
    *("alert_id", "event", "at", "dataset", "rule", "kind", "sensor", "severity", "event_at", "value", "score"),
    *("text", "details"),
)


def open_alerts(config: Config, now: datetime | None = None) -> list[CurrentAlert]:
    """The alerts whose fault lasts, silenced and acknowledged ones too, the newest first; none where no table is.

    Read are the ids and events of the files that have rows of the last 90 days (LOOKBACK), and in full the rows of the
    open alerts among them.

    Args:
        config: where the lake is.
        now: UTC; the present time if not given.

    Raises:
        TableNotReadable: the store refused.
    """
    found = folded_alerts(config, None, now)
    return [alert for alert in reversed(found.alerts) if alert.is_open]


def recent_alerts(
    config: Config,
    since: datetime,
    now: datetime | None = None,
    limit: int = 1000,
    dataset: str | None = None,
) -> list[CurrentAlert]:
    """The alerts to which something happened since a time, open or not, and those that are open; newest first.

    Read is what `open_alerts` reads, and in full the rows of these alerts.

    Args:
        config: where the lake is.
        since: UTC; at most 90 days ago (LOOKBACK), else as if it were.
        now: UTC; the present time if not given.
        limit: how many at most.
        dataset: of this dataset alone.
    """
    alerts = reversed(folded_alerts(config, since, now).alerts)
    return [alert for alert in alerts if dataset in (None, alert.dataset)][:limit]


def standing_silences(config: Config, now: datetime | None = None) -> list[Silence]:
    """The silences that hold now, of one alert and of all that fit, oldest first."""
    moment = now or datetime.now(UTC)
    table = opened(config, TABLE)
    if table is None:
        return []
    bounds = {"at": (moment - LOOKBACK, None), "event": ("silenced", "silenced")}
    return [one for one in fold(events_of(table.rows(COLUMNS, bounds))).silences if one.holds(moment)]


def folded_alerts(config: Config, since: datetime | None, now: datetime | None = None) -> Folded:
    """The alerts that are open, and those to which something happened since a time; with all silences.

    Args:
        config: where the lake is.
        since: UTC; None for the open ones alone.
        now: UTC; the present time if not given.
    """
    table = opened(config, TABLE)
    return fold_table(table, since, now or datetime.now(UTC)) if table else Folded((), ())


def fold_table(table: StoredTable, since: datetime | None, now: datetime) -> Folded:
    """The same of a table that is open already."""
    within: Mapping[str, tuple[Any, Any]] = {"at": (now - LOOKBACK, None)}
    wanted = _ids(table, within, since)
    if wanted:
        where = ds.field("alert_id").isin(sorted(wanted)) | (ds.field("kind") == SILENCE)
    else:
        where = ds.field("kind") == SILENCE
    return fold(events_of(table.rows(COLUMNS, within, where)))


def events_of(rows: Iterable[Mapping[str, Any]]) -> list[AlertEvent]:
    """Rows of the table, with the columns COLUMNS, as events."""
    return [AlertEvent(**{**row, "details": dict(row["details"] or ())}) for row in rows]


def _ids(table: StoredTable, within: Mapping[str, tuple[Any, Any]], since: datetime | None) -> Collection[str]:
    begun: set[str] = set()
    over: set[str] = set()
    touched: set[str] = set()
    # Of all rows the ids alone are held, two short texts each.
    for piece in table.pieces(["alert_id", "event", "at"], within, ds.field("kind") != SILENCE):
        for alert_id, event, at in zip(*(piece[name].to_pylist() for name in ("alert_id", "event", "at")), strict=True):
            if event == "opened":
                begun.add(alert_id)
            elif event == "closed":
                over.add(alert_id)
            if since is not None and at >= since:
                touched.add(alert_id)
    return (begun - over) | touched
