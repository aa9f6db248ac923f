"""Which messages a channel has to be given now: a pure function of the alerts and the time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from tidemill.alerts.events import Severity
from tidemill.alerts.message import Message
from tidemill.alerts.state import CurrentAlert
from tidemill.config import AlertsConfig, AnyChannel, length

SEVERITIES: Sequence[str] = get_args(Severity)


@dataclass(frozen=True)
class Policy:
    """What a channel is told of.

    Attributes:
        channel: its name.
        min_severity: of the alerts that it is told of.
        since: alerts opened before are not told; None: all.
        give_up_after: how long a message is tried for.
        repeat_within: how soon after the last one a fault at the same place is told again at the earliest.
    """

    channel: str
    min_severity: Severity = "info"
    since: datetime | None = None
    give_up_after: timedelta = timedelta(days=7)
    repeat_within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Due:
    """A message that was not delivered yet, and whether it has become too old to be tried any longer."""

    message: Message
    too_old: bool


def policy_of(alerts: AlertsConfig, name: str, channel: AnyChannel) -> Policy:
    """The policy of a configured channel."""
    return Policy(
        channel=name,
        min_severity=channel.min_severity,
        since=channel.since,
        give_up_after=length(alerts.give_up_after),
        repeat_within=length(alerts.repeat_within),
    )


def due(alerts: Iterable[CurrentAlert], policy: Policy, now: datetime) -> list[Due]:
    """What is due on a channel, oldest first; the end of an alert after its beginning.

    - What is below the channel's severity, or opened before its `since`, is never due.
    - While an alert is silenced nothing of it is due. One that ends while it is silenced, and was not told before, is
      never told.
    - Flapping: an alert at a dataset, rule and sensor that opens less than `repeat_within` after the last one told
      there is due when that time is over, if it lasts until then; else it is never told.
    - An end is due where the beginning was delivered or is due.

    Args:
        alerts: in the order in which they were opened.
        policy: of the channel.
        now: UTC.
    """
    found: list[Due] = []
    for alert, from_when in _worth_telling(alerts, policy):
        opened = alert.delivered.get((policy.channel, "opened"))
        quiet = alert.silenced_until(now) is not None
        if opened == "given up" or quiet or now < from_when or _never(alert, opened):
            continue
        over = [silence.until for silence in alert.silences if silence.until <= now]
        if opened is None:
            found.append(_due(Message(alert, "opened"), max([from_when, *over]), policy, now))
        if alert.closed_at is not None and (policy.channel, "closed") not in alert.delivered:
            found.append(_due(Message(alert, "closed"), max([from_when, alert.closed_at, *over]), policy, now))
    return found


def standing(alerts: Iterable[CurrentAlert], policy: Policy, now: datetime) -> list[Message]:
    """What a channel that must be reminded is to keep: told, open, neither silenced nor acknowledged."""
    return [
        Message(alert, "opened")
        for alert in alerts
        if alert.state(now) == "open" and alert.delivered.get((policy.channel, "opened")) == "delivered"
    ]


def _worth_telling(alerts: Iterable[CurrentAlert], policy: Policy) -> Iterator[tuple[CurrentAlert, datetime]]:
    """Alerts and from when on they may be told."""
    last: dict[tuple[str, str, str], datetime] = {}
    lowest = SEVERITIES.index(policy.min_severity)
    for alert in alerts:
        begun = alert.opened_at
        if begun is None or SEVERITIES.index(alert.severity) < lowest or (policy.since and begun < policy.since):
            continue
        place = (alert.dataset, alert.rule, alert.sensor)
        from_when = begun
        if (policy.channel, "opened") not in alert.delivered and place in last:
            from_when = max(begun, last[place] + policy.repeat_within)
            if alert.closed_at is not None and alert.closed_at < from_when:
                continue
        last[place] = from_when
        yield alert, from_when


def _never(alert: CurrentAlert, opened: str | None) -> bool:
    closed = alert.closed_at
    return opened is None and closed is not None and any(silence.holds(closed) for silence in alert.silences)


def _due(message: Message, from_when: datetime, policy: Policy, now: datetime) -> Due:
    return Due(message, too_old=now - from_when > policy.give_up_after)
