"""What people do about alerts, written as rows without a JVM: acknowledge, silence, note."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from uuid import uuid4

from tidemill.alerts.events import SCHEMA, SILENCE, STATISTICS, TABLE, AlertEvent
from tidemill.alerts.reading import LOOKBACK, recent_alerts, standing_silences
from tidemill.alerts.silences import LONGEST, Silence, until_text
from tidemill.alerts.state import CurrentAlert
from tidemill.config import Config
from tidemill.errors import RequestWrong
from tidemill.lake.appending import append_rows


class UnknownAlert(RequestWrong):
    """No alert has this id."""

    def __init__(self, given: str, known: Sequence[str]) -> None:
        close = get_close_matches(given, known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else "See tidemill alerts list --all."
        super().__init__(f"there is no alert '{given}'. {hint}")


class AmbiguousAlert(RequestWrong):
    """Several ids begin like this."""

    def __init__(self, given: str, found: Sequence[str]) -> None:
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        super().__init__(f"'{given}' is the beginning of {', '.join(found[:4])}{more}. Give more of its characters.")


class SilenceTooLong(RequestWrong):
    """A silence is to last longer than any may, or no time at all."""

    def __init__(self, wanted: timedelta) -> None:
        super().__init__(f"a silence lasts more than nothing and at most {LONGEST.days} days, not {wanted}.")


def append_events(config: Config, events: Sequence[AlertEvent]) -> None:
    """Add rows to ops.alert_events in one commit, without a JVM.

    Raises:
        NotAppended: the store or the disk refused.
    """
    append_rows(config, TABLE, [event.row() for event in events], SCHEMA, STATISTICS)


def find_alert(config: Config, given: str, now: datetime | None = None) -> CurrentAlert:
    """The alert whose id is this text, or alone begins with it.

    Args:
        config: where the lake is.
        given: an id or its beginning.
        now: UTC; alerts are looked for to which something happened within 90 days before (LOOKBACK).

    Raises:
        UnknownAlert: there is none; it names the nearest.
        AmbiguousAlert: there are several.
    """
    moment = now or datetime.now(UTC)
    alerts = {alert.alert_id: alert for alert in recent_alerts(config, moment - LOOKBACK, moment, limit=1_000_000)}
    return alerts[_one_of(list(alerts), given)]


def acknowledge(config: Config, alert: CurrentAlert, by: str, note: str = "", now: datetime | None = None) -> None:
    """Record that a person takes an alert on; the first one counts.

    Args:
        config: where the lake is.
        alert: as it was read.
        by: who.
        note: for those who read it later.
        now: UTC; the present time if not given.
    """
    append_events(config, [alert.event("acknowledged", now or datetime.now(UTC), {"by": by, "note": note})])


def add_note(config: Config, alert: CurrentAlert, by: str, note: str, now: datetime | None = None) -> None:
    """Record what a person has to say about an alert."""
    append_events(config, [alert.event("noted", now or datetime.now(UTC), {"by": by, "note": note})])


def silence_alert(
    config: Config, alert: CurrentAlert, length: timedelta, by: str, note: str = "", now: datetime | None = None
) -> datetime:
    """Have nobody told of one alert for a time, and return when that is over.

    Raises:
        SilenceTooLong: of more than 90 days, or of none.
    """
    moment, until = _span(length, now)
    details = {"by": by, "until": until_text(until), "note": note}
    append_events(config, [alert.event("silenced", moment, details)])
    return until


def silence_matching(
    config: Config,
    length: timedelta,
    by: str,
    dataset: str = "*",
    rule: str = "*",
    sensor: str = "*",
    note: str = "",
    now: datetime | None = None,
) -> str:
    """Have nobody told for a time of alerts that fit, now or later, and return the silence's id.

    Args:
        config: where the lake is.
        length: at most 90 days.
        by: who silences.
        dataset: a pattern as of file names.
        rule: a pattern.
        sensor: a pattern; * also stands for a /.
        note: why.
        now: UTC; the present time if not given.

    Raises:
        SilenceTooLong: of more than 90 days, or of none.
    """
    moment, until = _span(length, now)
    silence = Silence(uuid4().hex[:16], dataset, rule, sensor, moment, until, by, note, of_one=False)
    append_events(config, [_row(silence, moment, until, by)])
    return silence.silence_id


def unsilence(config: Config, given: str, by: str, now: datetime | None = None) -> list[Silence]:
    """End the silence with this id, or the one of the alert with this id, or of an id that alone begins so.

    Returns:
        What is ended; nothing where the alert is there and no silence of its own holds.

    Raises:
        UnknownAlert: neither a silence that holds nor an alert has this id.
        AmbiguousAlert: there are several.
    """
    moment = now or datetime.now(UTC)
    standing = standing_silences(config, moment)
    begun = sorted({one.silence_id for one in standing if one.silence_id.startswith(given)})
    if not begun:
        find_alert(config, given, moment)
        return []
    ended = [one for one in standing if one.silence_id == _one_of(begun, given)]
    append_events(config, [_row(one, moment, moment, by) for one in ended])
    return ended


def _one_of(known: Sequence[str], given: str) -> str:
    found = [one for one in known if one.startswith(given)] if given else []
    if given in found:
        return given
    if not found:
        raise UnknownAlert(given, known)
    if len(found) > 1:
        raise AmbiguousAlert(given, sorted(found))
    return found[0]


def _span(length: timedelta, now: datetime | None) -> tuple[datetime, datetime]:
    if not timedelta(0) < length <= LONGEST:
        raise SilenceTooLong(length)
    moment = now or datetime.now(UTC)
    return moment, moment + length


def _row(silence: Silence, at: datetime, until: datetime, by: str) -> AlertEvent:
    details = {"by": by, "until": until_text(until), "note": silence.note if until > at else ""}
    return AlertEvent(
        alert_id=silence.silence_id,
        event="silenced",
        at=at,
        dataset=silence.dataset,
        rule=silence.rule,
        kind="" if silence.of_one else SILENCE,
        sensor=silence.sensor,
        severity="info",
        event_at=at,
        details={name: value for name, value in details.items() if value},
    )
