"""Deliver what ops.alert_events holds on every configured channel, at least once, however often it is interrupted."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import structlog

from tidemill.alerts.channels import channel_of
from tidemill.alerts.due import policy_of
from tidemill.alerts.outbox import Outbox
from tidemill.alerts.outlet import Outlet, Passed
from tidemill.config import Config
from tidemill.errors import TidemillError
from tidemill.lake import Held

# Alerts of other processes, such as jobs, are found by looking.
LOOKS_EVERY = 5.0
STEP = 0.25
# The first pause of whoever cannot wait long; doubled with each further one.
PAUSE = 0.5


class Deliverer:
    """Gives each message to each channel until it takes it, and records that; channels do not wait for each other.

    A message goes out before that is recorded, so that after a kill a channel sees a key again rather than never. One
    process at a time delivers on a channel of a lake, where that is on a local file system.

    Args:
        config: channels, and where the lake is.
        clock: gives the time, UTC.
    """

    def __init__(self, config: Config, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._outbox = Outbox(config)
        self._outlets = [
            Outlet(channel_of(channel), policy_of(config.alerts, name, channel), self._outbox, config.lake_root, clock)
            for name, channel in config.alerts.all_channels().items()
        ]
        self._down: dict[str, str] = {}
        self._news = {outlet.name: Event() for outlet in self._outlets}

    @property
    def channels(self) -> list[str]:
        """The names of the channels."""
        return [outlet.name for outlet in self._outlets]

    def wake(self) -> None:
        """Say that new rows were written; returns at once, and may be called from any thread."""
        for news in self._news.values():
            news.set()

    def run(self, stopping: Event) -> None:
        """Deliver until told to stop: when woken, and every 5 seconds. Meant for a thread of its own; never raises.

        Args:
            stopping: ends it once the message under way is sent and what was sent is recorded.
        """
        threads = [
            Thread(target=self._serve, args=(outlet, stopping), name=f"alerts-{outlet.name}", daemon=True)
            for outlet in self._outlets
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def deliver_once(
        self, only: Collection[str] | None = None, patience: timedelta = timedelta(0)
    ) -> dict[str, Passed]:
        """Deliver what is due, on all channels at once.

        Args:
            only: of alerts with these ids; None: of all.
            patience: how long a channel that is down is tried again, after growing pauses.

        Returns:
            What was done, by channel.

        Raises:
            TidemillError: the table cannot be read or written. All channels have been tried.
        """
        done: dict[str, Passed] = {}
        failed: list[TidemillError] = []

        def deliver(outlet: Outlet) -> None:
            try:
                done[outlet.name] = _patiently(outlet, only, patience)
            except TidemillError as error:
                failed.append(error)

        threads = [Thread(target=deliver, args=(outlet,), daemon=True) for outlet in self._outlets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return done

    def _serve(self, outlet: Outlet, stopping: Event) -> None:
        news = self._news[outlet.name]
        news.set()
        while not stopping.is_set():
            looked = time.monotonic()
            news.clear()
            if outlet.ready():
                self._pass(outlet)
            while not stopping.is_set() and time.monotonic() - looked < LOOKS_EVERY and not news.wait(STEP):
                pass

    def _pass(self, outlet: Outlet) -> None:
        try:
            self._tell(outlet.name, outlet.deliver(wait=False))
        except Held:
            structlog.get_logger().debug("delivered_elsewhere", channel=outlet.name)
        except Exception as error:  # a lake that is away for a while must not end the thread
            reason = str(error) if isinstance(error, TidemillError) else type(error).__name__
            structlog.get_logger().warning("alerts_not_delivered", channel=outlet.name, reason=reason[:300])

    def _tell(self, channel: str, passed: Passed) -> None:
        """Log what is new: a channel that goes down or works again, a message that it refuses."""
        log = structlog.get_logger()
        was = self._down.pop(channel, None)
        if passed.down is not None:
            self._down[channel] = passed.down
        if passed.down != was:
            if passed.down is None:
                log.info("channel_works_again", channel=channel)
            else:
                log.warning("channel_down", channel=channel, reason=passed.down, waiting=len(passed.waiting))
        elif passed.down is None:
            for key, reason in passed.waiting.items():
                log.warning("alert_refused", channel=channel, key=key, reason=reason)


def _patiently(outlet: Outlet, only: Collection[str] | None, patience: timedelta) -> Passed:
    ends, pause = time.monotonic() + patience.total_seconds(), PAUSE
    passed = outlet.deliver(wait=True, only=only)
    while passed.waiting and passed.soon and time.monotonic() + pause < ends:
        time.sleep(pause)
        again = outlet.deliver(wait=True, only=only)
        refused = {key: reason for key, reason in passed.waiting.items() if key not in {*again.sent, *again.given_up}}
        given_up = [*passed.given_up, *again.given_up]
        passed = Passed([*passed.sent, *again.sent], refused | again.waiting, given_up, again.down, again.soon)
        pause *= 2
    return passed
