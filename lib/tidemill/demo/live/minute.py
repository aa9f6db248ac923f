"""The live minute: broker, bridge and stream come up, sensors send, alerts open, and all of it ends in order."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from tidemill.config import Config
from tidemill.demo.broker import EmbeddedBroker
from tidemill.demo.live.arrivals import BRONZE, HOURLY, LOOK_SECONDS, SILVER, Arrivals, NotInTime, await_until
from tidemill.demo.live.processes import Child, bridge, stream
from tidemill.demo.live.publishing import Stations
from tidemill.demo.live.record import LiveRecord, Seen, keep_record, read_record, shown_at
from tidemill.demo.live.sensors import HOUR, LIVE_HOURS, LIVE_UNTIL, SPEED, Message, SensorFault, count, messages
from tidemill.errors import RunFailed

Say = Callable[[str], None]
SAY_SECONDS = 10
ALERT_SECONDS = 60
"""How long after all readings are taken an alert may come; it is written with them."""


class FaultMissed(RunFailed):
    """An injected fault opened no alert."""

    def __init__(self, missed: Sequence[SensorFault]) -> None:
        what = "; ".join(f"{fault.sensor}: {fault.words}, which is for rule '{fault.rule}'" for fault in missed)
        super().__init__(
            f"no alert tells of {what}. See conf/alerts/weather_sensors.yaml and: tidemill alerts list --all. "
            "A home whose sensors have sent something else differs too: try another --home, or remove this one."
        )


def run_live(config: Config, logs: Path, say: Say) -> LiveRecord:
    """Let sensors send for a minute, two of them out of order, and wait until lake and alerts tell of it.

    To a home that has had its minute the live readings are sent again at once: they are duplicates, and the alerts are
    there already.

    Args:
        config: of the home to work in.
        logs: a folder for what bridge and stream write to stderr.
        say: is given a line for each thing to be seen.

    Returns:
        What was sent and seen; it is kept for the page.

    Raises:
        NoBroker, NotPublished, ProcessEnded, NotInTime: a part did not work.
        FaultMissed: all was taken, and an injected fault opened no alert.
    """
    history, live = messages()
    with ExitStack() as parts:
        broker = parts.enter_context(EmbeddedBroker())
        streaming = parts.enter_context(stream(config, broker.url, logs))
        bridging = parts.enter_context(bridge(config, broker.url, logs))
        children = (streaming, bridging)
        say(f"broker on 127.0.0.1:{broker.port}; tidemill bridge and jobs/stream.py start beside it")
        # What is published before that is for nobody.
        if not await_until(lambda: bridging.has_logged('"subscribed"'), bridging.require):
            raise NotInTime("the bridge to subscribe", 0, 1, logs)
        stations = parts.enter_context(Stations(broker.port))
        minute = Minute(config, stations, children, logs, say)
        earlier = read_record(config)
        if earlier and minute.is_there():
            record = minute.again(live, earlier)
        else:
            minute.history(history)
            record = minute.live(live, count(history))
        keep_record(config, record)
        for child in children:
            child.end()
    missed = minute.arrivals.missed()
    if missed:
        raise FaultMissed(missed)
    return record


class Minute:
    """The sensors' readings on their way.

    Args:
        config: of the home.
        stations: publish.
        children: must go on all the while.
        logs: their logs' folder.
        say: as for `run_live`.
    """

    def __init__(self, config: Config, stations: Stations, children: Sequence[Child], logs: Path, say: Say) -> None:
        self._stations, self._children, self._logs, self._say = stations, children, logs, say
        self.arrivals = Arrivals(config)
        # What a stopped demo left in the spool comes first, or it would be counted as sent by this one.
        if not await_until(lambda: self.arrivals.waiting() == 0, self._require):
            raise NotInTime("the spool to be empty", 0, self.arrivals.waiting(), logs)
        self._before = self.arrivals.rows(BRONZE)
        # An alert that was there before is not of this minute.
        self._told = {alert.alert_id for alert in self.arrivals.alerts()}
        self._sent: dict[datetime, datetime] = {}
        self._seen: dict[str, Seen] = {}

    def is_there(self) -> bool:
        """Whether this home has all readings and all alerts already."""
        newest = self.arrivals.newest()
        return newest is not None and newest >= LIVE_UNTIL - HOUR and not self.arrivals.missed()

    def again(self, sent: Sequence[Message], earlier: LiveRecord) -> LiveRecord:
        """Send all live readings at once."""
        silver = self.arrivals.rows(SILVER)
        self._stations.publish(sent)
        self._say(f"{count(sent):,} live readings sent again, at once: this home has had its minute")
        self._taken(count(sent), "readings to be taken again")
        new = self.arrivals.rows(SILVER) - silver
        self._say(f"{count(sent) - new:,} of them are duplicates, {new:,} new; the alerts of the first time stand")
        return earlier.model_copy(update={"sent_again": datetime.now(UTC)})

    def history(self, sent: Sequence[Message]) -> None:
        """Send what the rules learn from, and wait until it is taken.

        What silver has is not sent again: most of it is older than the horizon within which a duplicate is known.
        """
        newest = self.arrivals.newest()
        left = [message for message in sent if newest is None or message.at > newest - HOUR]
        self._stations.publish(left)
        self._say(f"{count(left):,} readings of three weeks sent at once, for the rules to learn what is usual")
        self._taken(count(left), "the readings of three weeks to be taken")
        self._before += count(left)
        silver = self.arrivals.rows(SILVER)
        self._say(f"{silver:,} readings in silver; now {LIVE_HOURS} hours at {SPEED:,} times real time")

    def live(self, sent: Sequence[Message], history: int) -> LiveRecord:
        """Send hour after hour at the stated speed, and tell what is seen of it."""
        began, start, published, told = datetime.now(UTC), time.monotonic(), 0, 0.0
        first = sent[0].at
        for at, hour in groupby(sent, key=lambda message: message.at):
            self._look_until(start + (at - first) / timedelta(seconds=SPEED))
            batch = list(hour)
            self._sent[at] = datetime.now(UTC)
            self._stations.publish(batch)
            published += count(batch)
            if time.monotonic() - start - told >= SAY_SECONDS:
                told = time.monotonic() - start
                arrived = self.arrivals.rows(SILVER) - history
                self._say(f"{told:3.0f} s  {at:%-d %B %H:%M}  {published:>4,} readings sent, {arrived:>4,} in silver")
        seconds = time.monotonic() - start
        self._taken(published, "the readings to be taken")
        # What opens no alert is told at the end, when all else is known.
        await_until(lambda: not self.arrivals.missed(), self._look, ALERT_SECONDS)
        self._reach(lambda: self.arrivals.rows(HOURLY), history + published, "an hourly window for each reading")
        self._say(f"{seconds:3.0f} s  all {published:,} readings sent, in silver and in hourly windows")
        return LiveRecord(history=history, live=published, began_at=began, seconds=seconds, seen=self._seen)

    def _taken(self, readings: int, what: str) -> None:
        """Wait until bronze has so many more than before; it keeps duplicates too."""
        self._reach(lambda: self.arrivals.rows(BRONZE), self._before + readings, what)

    def _reach(self, arrived: Callable[[], int], expected: int, what: str) -> None:
        if not await_until(lambda: arrived() >= expected, self._look):
            raise NotInTime(what, arrived(), expected, self._logs)

    def _look_until(self, due: float) -> None:
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
            self._look()

    def _require(self) -> None:
        for child in self._children:
            child.require()

    def _look(self) -> None:
        """Tell of each alert that is new."""
        self._require()
        for alert in self.arrivals.alerts():
            if alert.alert_id in self._told:
                continue
            self._told.add(alert.alert_id)
            published = self._sent.get(shown_at(alert))
            after = ""
            if published:
                seen = self._seen[alert.alert_id] = Seen(published_at=published, seen_at=datetime.now(UTC))
                after = f", {seen.delay:.1f} s after its reading was sent"
            self._say(f"ALERT  {alert.severity}  {alert.sensor}  {alert.rule}{after}: {alert.text}")
