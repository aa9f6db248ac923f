"""Alerts about runs take the way of all alerts: written to ops.alert_events first, then delivered on every channel."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from tidemill.alerts import Alert, AlertEvent, CurrentAlert, Deliverer, append_events, fold, open_alerts
from tidemill.alerts.alert import SEVERITIES, Kind
from tidemill.alerts.channels import NotDelivered, channel_of
from tidemill.alerts.message import Message
from tidemill.config import Config, MissingSecret
from tidemill.errors import TidemillError

# A job waits so long for a channel that is down; whoever delivers next goes on.
PATIENCE = timedelta(seconds=15)


def tell(config: Config, due: Sequence[Alert]) -> dict[str, str]:
    """Record alerts and deliver them; one that stands open already is not opened again.

    Where they cannot be recorded, as on a full disk, they are sent all the same, once.

    Args:
        config: says which channels there are.
        due: what people must be told now.

    Returns:
        For each alert's id that a channel has not taken: why. A later delivery gives it to the channel.
    """
    try:
        events = _standing_or_new(config, due)
    except TidemillError as error:
        structlog.get_logger().info("alert_not_recorded", reason=_line(error))
        return _sent_unrecorded(config, [alert.event() for alert in due])
    ids = {event.alert_id for event in events}
    done = Deliverer(config).deliver_once(only=ids, patience=PATIENCE) if ids else {}
    return {key.partition("-")[0]: reason for passed in done.values() for key, reason in passed.waiting.items()}


def close(config: Config, dataset: str, job: str, kinds: Collection[Kind], due: Collection[Alert], text: str) -> int:
    """Record that alerts of a job on a dataset are over; it is told by whoever delivers next.

    Args:
        config: where the lake is.
        dataset: whose.
        job: the entry point.
        kinds: those that can be judged now.
        due: what is still so.
        text: why they are over, in one line.

    Returns:
        How many alerts of any kind about this job stand open after that.
    """
    still = {(alert.kind, alert.about) for alert in due}
    mine = [one for one in _about_runs(open_alerts(config), dataset) if one.details.get("job") == job]
    over = [one for one in mine if one.kind in kinds and (one.kind, one.sensor) not in still]
    append_events(config, [_closing(one, text) for one in over])
    return len(mine) - len(over)


def _standing_or_new(config: Config, due: Sequence[Alert]) -> list[AlertEvent]:
    """The rows that open these alerts; those are written that none stands open for."""
    wanted = [alert.event() for alert in due]
    datasets = {alert.dataset for alert in due}
    standing = {
        (one.dataset, one.kind, one.sensor): one.alert_id for one in open_alerts(config) if one.dataset in datasets
    }
    append_events(config, [one for one in wanted if (one.dataset, one.kind, one.sensor) not in standing])
    known = [standing.get((one.dataset, one.kind, one.sensor), one.alert_id) for one in wanted]
    return [replace(event, alert_id=alert_id) for event, alert_id in zip(wanted, known, strict=True)]


def _about_runs(alerts: Sequence[CurrentAlert], dataset: str) -> Iterator[CurrentAlert]:
    return (alert for alert in alerts if alert.dataset == dataset and alert.kind in SEVERITIES)


def _closing(alert: CurrentAlert, text: str) -> AlertEvent:
    now = datetime.now(UTC)
    names = ("alert_id", "dataset", "rule", "kind", "sensor", "severity", "details")
    return AlertEvent(**{name: getattr(alert, name) for name in names}, event="closed", at=now, event_at=now, text=text)


def _sent_unrecorded(config: Config, events: Sequence[AlertEvent]) -> dict[str, str]:
    untold = {}
    for channel in config.alerts.all_channels().values():
        for alert in fold(events).alerts:
            try:
                channel_of(channel).send(Message(alert, "opened"))
            except (NotDelivered, MissingSecret) as error:
                untold[alert.alert_id] = _line(error)
    return untold


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
