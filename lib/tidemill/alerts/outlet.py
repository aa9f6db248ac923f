"""One channel's way out of the outbox: what is due is sent, then recorded; what is not taken is sent again."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from tidemill.alerts.backoff import Backoff
from tidemill.alerts.channels import Channel, NotDelivered, Refused, Unreachable
from tidemill.alerts.due import Due, Policy, due, standing
from tidemill.alerts.events import AlertEvent
from tidemill.alerts.message import Message
from tidemill.alerts.outbox import Outbox, delivery
from tidemill.alerts.state import CurrentAlert
from tidemill.config import MissingSecret
from tidemill.lake import held
from tidemill.lake.places import local_folder

# A commit each would make many small files; a process that is killed sends so many again at most.
RECORDED_EVERY = 10
# A channel that refuses so many in a row is wrong itself, not its messages.
REFUSED_IN_A_ROW = 5


@dataclass
class Passed:
    """What one pass over a channel did.

    Attributes:
        sent: keys of the messages that the channel took.
        waiting: keys of those that it did not take, and why.
        given_up: keys of those that are not tried any more.
        down: why nothing is taken for now; None where the channel works.
        soon: whether that may be over in a moment.
    """

    sent: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    down: str | None = None
    soon: bool = False


class Outlet:
    """A channel, what is known of its troubles, and what it took that is not recorded yet.

    Args:
        channel: to deliver on.
        policy: what it is told of.
        outbox: what there is to tell.
        lake_root: of the lake, of which one process at a time delivers on a channel.
        clock: gives the time, UTC.
    """

    def __init__(
        self, channel: Channel, policy: Policy, outbox: Outbox, lake_root: str, clock: Callable[[], datetime]
    ) -> None:
        self._channel = channel
        self._policy = policy
        self._outbox = outbox
        self._root = lake_root
        self._clock = clock
        self._trouble = Backoff()
        self._refused: dict[str, Backoff] = defaultdict(Backoff)
        self._taken: set[str] = set()
        self._unrecorded: list[AlertEvent] = []

    @property
    def name(self) -> str:
        """The channel's."""
        return self._policy.channel

    def ready(self) -> bool:
        """Whether the channel is not to be left alone for now."""
        return self._trouble.ready(self._clock())

    def deliver(self, wait: bool, only: Collection[str] | None = None) -> Passed:
        """Send what is due, oldest first.

        Args:
            wait: for another process that delivers on this channel.
            only: of alerts with these ids; None: of all.

        Raises:
            Held: another process delivers on it, and `wait` is false.
            TidemillError: the table cannot be read, or what was delivered cannot be recorded: it is, the next time.
        """
        # What the process before has recorded is read within the hold.
        with held(_folder(self._root), f"alerts.{self.name}", "deliver", wait):
            self._record()
            now = self._clock()
            alerts = self._outbox.alerts(now)
            wanted = [one for one in self._due(alerts, now) if self._is_wanted(one.message, only, now)]
            passed = Passed()
            try:
                self._send_all(wanted, passed)
            finally:
                self._record()
            if not passed.waiting and only is None:
                self._remind(self._outbox.alerts(now), now, passed)
            return passed

    def _due(self, alerts: Iterable[CurrentAlert], now: datetime) -> list[Due]:
        found = due(alerts, self._policy, now)
        # What the table has by now need not be remembered here.
        keys = {one.message.key for one in found}
        self._taken &= keys
        self._refused = defaultdict(Backoff, {key: self._refused[key] for key in self._refused if key in keys})
        return found

    def _is_wanted(self, message: Message, only: Collection[str] | None, now: datetime) -> bool:
        if message.key in self._taken or (only is not None and message.alert.alert_id not in only):
            return False
        return message.key not in self._refused or self._refused[message.key].ready(now)

    def _send_all(self, wanted: list[Due], passed: Passed) -> None:
        row = 0
        for place, one in enumerate(wanted):
            if one.message.event == "closed" and Message(one.message.alert, "opened").key in self._refused:
                continue
            try:
                self._channel.send(one.message)
            except Refused as error:
                self._not_taken(one, error.reason, passed)
                self._refused[one.message.key].failed(self._clock())
                row += 1
            except (NotDelivered, MissingSecret) as error:
                self._all_wait(wanted[place:], error, passed)
                return
            else:
                row = 0
                self._sent(one.message, passed)
            if row == REFUSED_IN_A_ROW:
                self._trouble.failed(self._clock())
                return

    def _sent(self, message: Message, passed: Passed) -> None:
        self._trouble.succeeded()
        self._refused.pop(message.key, None)
        self._taken.add(message.key)
        passed.sent.append(message.key)
        self._unrecorded.append(delivery(message, self.name, self._clock()))
        if len(self._unrecorded) >= RECORDED_EVERY:
            self._record()

    def _all_wait(self, wanted: list[Due], error: Exception, passed: Passed) -> None:
        reason = error.reason if isinstance(error, NotDelivered) else str(error)
        self._trouble.failed(self._clock())
        passed.down, passed.soon = reason, isinstance(error, Unreachable)
        for one in wanted:
            self._not_taken(one, reason, passed)

    def _not_taken(self, one: Due, reason: str, passed: Passed) -> None:
        key = one.message.key
        if one.too_old:
            structlog.get_logger().warning(
                "alert_given_up", channel=self.name, key=key, reason=reason, text=one.message.text
            )
            self._taken.add(key)
            self._unrecorded.append(delivery(one.message, self.name, self._clock(), "given up", reason))
            passed.given_up.append(key)
            return
        passed.waiting[key] = reason

    def _record(self) -> None:
        if self._unrecorded:
            self._outbox.record(self._unrecorded)
            self._unrecorded.clear()

    def _remind(self, alerts: Iterable[CurrentAlert], now: datetime, passed: Passed) -> None:
        messages = standing(alerts, self._policy, now)
        try:
            self._channel.remind(messages)
        except (NotDelivered, MissingSecret) as error:
            self._all_wait([], error, passed)


def _folder(root: str) -> str:
    folder = local_folder(root)
    return root if folder is None else str(folder)
