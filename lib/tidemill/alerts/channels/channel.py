"""What every channel is, and the two ways in which it may not take a message."""

from collections.abc import Sequence
from typing import Protocol

from tidemill.alerts.message import Message
from tidemill.errors import RunFailed


class NotDelivered(RunFailed):
    """A channel did not take an alert. The line does not say where it is: its URL may be a secret.

    Attributes:
        reason: why, in few words.
    """

    def __init__(self, reason: str, kind: str = "webhook") -> None:
        self.reason = reason
        super().__init__(
            f"the alert {kind} did not take the alert: {reason}. Check what is set for it under alerts in conf/, and "
            "the variables that its secrets are in."
        )


class Refused(NotDelivered):
    """This message was refused; another one may be taken."""


class Unreachable(NotDelivered):
    """Nothing can be delivered for now."""


class Channel(Protocol):
    """Where messages go. It may be given one again that it has taken: each carries its key there."""

    def send(self, message: Message) -> None:
        """Deliver one message.

        Raises:
            Refused: this message is not taken.
            Unreachable: none is, for now.
            MissingSecret: the environment lacks a variable.
        """

    def remind(self, standing: Sequence[Message]) -> None:
        """Say again what stands, for a channel that forgets; nothing on the others.

        Raises:
            NotDelivered, MissingSecret: as `send`.
        """
