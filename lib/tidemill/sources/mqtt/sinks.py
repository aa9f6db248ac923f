"""Where the bridge brings messages; one is acknowledged to the broker when it is safe there."""

from typing import NamedTuple, Protocol

from tidemill.sources.mqtt.records import Message


class Receipt(NamedTuple):
    """By which a message is acknowledged.

    Attributes:
        connection: the number of the connection that it came by; on another one its id may be another message's.
        id: of the message there; 0 where the broker expects no answer.
    """

    connection: int
    id: int


class Sink(Protocol):
    """Takes messages and says which of them are safe."""

    def add(self, message: Message, receipt: Receipt) -> None:
        """Take a message."""

    def settle(self, *, idle: bool) -> list[Receipt]:
        """Bring messages to safety where it is time to.

        Args:
            idle: whether no further message is at hand.

        Returns:
            What is safe since the last call.

        Raises:
            RunFailed: nothing can be brought to safety any more.
        """

    @property
    def pending(self) -> int:
        """How many messages were taken and are not safe yet."""

    @property
    def laden(self) -> bool:
        """Whether no more can be taken now, though that may cost the connection."""

    def figures(self) -> dict[str, float]:
        """What the progress line has to tell of it."""

    def close(self) -> list[Receipt]:
        """Bring what was taken to safety as far as that is possible soon, and end; as `settle`."""
