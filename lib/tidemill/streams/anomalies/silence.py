"""A sensor of which nothing comes any more, and a source of which nothing comes at all."""

from typing import Any

import numpy as np

from tidemill.alerts.events import AlertEvent
from tidemill.alerts.rules import SilentRule
from tidemill.contract.stream import span
from tidemill.streams.anomalies.batch import NEVER, Batch, Sensors
from tidemill.streams.anomalies.columns import Array, SensorColumns
from tidemill.streams.anomalies.detectors import MICROSECOND
from tidemill.streams.anomalies.episodes import Episode, Episodes

SOURCE = "*"
"""The sensor of an alert about a source of which nothing comes."""
LEARNED = 5  # intervals before a multiple of the usual one is judged
SLOWEST = 0.05  # weight of the newest interval


class Silence:
    """Judges one rule by event time: how far the stream went on without the sensor.

    A source that stops takes the event time with it, so that its sensors are not silent one by one: there is one alert
    about the source, by the clock while nothing arrives, and by the gap in the event times when it goes on. After that
    each sensor has its whole time again. What only lags is not silent: while the stream catches up, nothing of the
    sensor must have arrived for the rule's patience on the clock, of which a pause of the stream is little.

    The clock may be set. Of a step forward no more counts than of a pause; after a step back time goes on from where it
    was, and event times up to there count until the clock has reached them again. An event time later than the clock
    counts as now: one device whose clock runs ahead makes no other one silent.

    Attributes:
        progress: the newest event time, microseconds since 1970.
        resumed: the event time at which the source went on after it last stopped.
        heard: when anything last arrived.
        asked: the clock when it was last looked at.
        quiet: how long the stream ran since anything arrived.
        behind: how far the clock was set back, until it has reached `progress` again.
        ran: how long the stream ran by the clock, pauses cut off.
    """

    def __init__(self, dataset: str, rule: SilentRule) -> None:
        self._rule = rule
        self._duration = rule.duration // MICROSECOND
        self._patience = span(rule.patience) // MICROSECOND
        self.columns = SensorColumns(log_interval=0.0, intervals=0, member=False, heard=0)
        self.episodes = Episodes(dataset, rule)
        self.progress = self.resumed = self.heard = self.asked = int(NEVER)
        self.ran = self.quiet = self.behind = 0

    def observe(self, batch: Batch, sensors: Sensors, now: int) -> list[AlertEvent]:
        """Judge the sensors of this rule before the batch is remembered in `sensors`.

        Args:
            batch: of the sensors that the rule is about; may be empty.
            sensors: with each one's newest reading before this batch.
            now: the clock, microseconds since 1970.
        """
        self.columns["member"][batch.sensor] = True
        self._learn(batch)
        at = np.minimum(batch.at, self._looked(now))
        events, resumptions = self._source(at, now)
        resumptions = [self.resumed, *resumptions]
        newest = sensors.columns["at"].copy()
        if len(batch):
            last = np.flatnonzero(np.append(batch.first[1:], True))
            newest[batch.sensor[last]] = batch.at[last]
            self.ran += max(min(now - self.heard, self._patience // 2), 0)
            self.columns["heard"][batch.sensor[last]] = self.ran
            before = self.progress
            self.progress = max(self.progress, int(at.max()))
            self.heard, self.resumed, self.quiet = now, resumptions[-1], 0
            events += self._ended(batch, at, sensors, before, np.array(resumptions), now)
        return events + self._begun(newest, sensors, now)

    def _looked(self, now: int) -> int:
        """Count the time that has passed on the clock; the latest event time that can be right."""
        if self.asked > NEVER:
            self.quiet += min(max(now - self.asked, 0), self._patience)
            self.behind += max(self.asked - now, 0)
        if now >= self.progress:
            self.behind = 0
        self.asked = now
        return now + self.behind

    def _limits(self) -> Array:
        """How long each sensor may be silent; for ever while its interval is not known."""
        if self._rule.intervals is None:
            return np.full(len(self.columns), float(self._duration))
        usual = np.exp(self.columns["log_interval"]) * self._rule.intervals
        known = self.columns["intervals"] >= LEARNED
        return np.where(known, np.maximum(usual, self._duration), np.inf)

    def _learn(self, batch: Batch) -> None:
        """Follow the logarithm of each sensor's interval, no step of it more than a factor of e."""
        if self._rule.intervals is None:
            return
        kept = self.columns
        for places in batch.rounds():
            place = places[batch.previous_at[places] > NEVER]
            sensor = batch.sensor[place]
            count = kept["intervals"][sensor]
            off = np.log(batch.at[place] - batch.previous_at[place]) - kept["log_interval"][sensor]
            off = np.where(count == 0, off, np.clip(off, -1, 1))
            kept["log_interval"][sensor] += np.maximum(1 / (count + 1), SLOWEST) * off
            kept["intervals"][sensor] = count + 1

    def _source(self, at: Array, now: int) -> tuple[list[AlertEvent], list[int]]:
        """Has the source stopped, by the clock or by a gap in its event times? The events, and when it went on."""
        limits = self._limits()[self.columns["member"]]
        limit = float(np.median(limits)) if len(limits) else np.inf
        if not len(at):
            if self.progress == NEVER:
                return [], []
            stopped = self.quiet > max(limit, self._patience) and SOURCE not in self.episodes.running
            return (self._stopped(self.progress, self.progress + limit, now) if stopped else []), []
        at = np.unique(at)
        if self.progress > NEVER:
            at = np.append(self.progress, at[at > self.progress])
        events: list[AlertEvent] = []
        resumptions = []
        for gap in np.flatnonzero(np.diff(at) > limit):
            if SOURCE not in self.episodes.running:
                events += self._stopped(int(at[gap]), at[gap] + limit, now)
            resumptions.append(int(at[gap + 1]))
            events.append(self._over(SOURCE, resumptions[-1], now))
        if SOURCE in self.episodes.running:
            resumptions.append(int(at[1] if len(at) > 1 else at[0]))
            events.append(self._over(SOURCE, resumptions[-1], now))
        return events, resumptions

    def _ended(
        self, batch: Batch, times: Array, sensors: Sensors, before: int, resumptions: Array, now: int
    ) -> list[AlertEvent]:
        """What a sensor's own readings say: it speaks again, or they have a gap."""
        limits = self._limits()[batch.sensor]
        resumed = resumptions[np.maximum(np.searchsorted(resumptions, times, "right") - 1, 0)]
        since = np.maximum(batch.previous_at, np.minimum(resumed, times))
        gap = (batch.previous_at > NEVER) & (times - since > limits)
        events = []
        running = np.zeros(len(sensors), bool)
        silent = [name for name in self.episodes.running if name != SOURCE]
        running[sensors.numbers(silent)] = True
        for place in np.flatnonzero(gap | (running[batch.sensor] & batch.first)):
            name, at = sensors.names[batch.sensor[place]], int(batch.at[place])
            if name in self.episodes.running:
                # One that delivers what it kept back is behind still.
                if at < before - limits[place]:
                    continue
            elif gap[place]:
                events += self._open(name, int(since[place]), since[place] + limits[place], now)
            else:
                continue
            events.append(self._over(name, at, now))
        return events

    def _begun(self, newest: Array, sensors: Sensors, now: int) -> list[AlertEvent]:
        """Sensors without which the stream went on for too long."""
        limits = self._limits()
        known = self.columns["member"] & (newest > NEVER)
        caught_up = now - self.progress <= limits
        waited = caught_up | (self.ran - self.columns["heard"] >= np.minimum(self._patience, limits))
        since = np.maximum(newest, self.resumed)
        silent = known & waited & (self.progress - since > limits)
        events = []
        for number in np.flatnonzero(silent):
            name = sensors.names[number]
            if name not in self.episodes.running:
                events += self._open(name, int(newest[number]), since[number] + limits[number], now)
        return events

    def _open(self, name: str, began: int, noticed: float, now: int) -> list[AlertEvent]:
        self.episodes.running[name] = Episode(began, None, 0.0)
        return [self.episodes.opened(name, int(noticed), now, lambda _: "no reading since then")]

    def _stopped(self, began: int, noticed: float, now: int) -> list[AlertEvent]:
        self.episodes.running[SOURCE] = Episode(began, None, 0.0)
        line = f"nothing comes of {self.episodes.dataset} any more"
        return [self.episodes.opened(SOURCE, int(noticed), now, lambda _: line)]

    def _over(self, name: str, at: int, now: int) -> AlertEvent:
        self.episodes.running[name].over = at
        return self.episodes.closed(name, now)

    def kept(self) -> dict[str, Any]:
        """What is to be kept beside the columns and episodes."""
        return {
            name: getattr(self, name) for name in ("progress", "resumed", "heard", "ran", "asked", "quiet", "behind")
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take what was kept."""
        for name, value in kept.items():
            setattr(self, name, value)
