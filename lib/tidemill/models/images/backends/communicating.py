"""What the ranks of a training say to each other, and the rank that is alone."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from torch import Tensor

from tidemill.errors import RequestWrong, RunFailed, TidemillError

T = TypeVar("T")


class Communicator(Protocol):
    """All ranks call the same methods in the same order.

    Attributes:
        rank: this process's number, from 0.
        ranks: how many there are.
    """

    rank: int
    ranks: int

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all ranks, the same to the last bit on each."""

    def broadcast_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by rank 0's."""

    def share(self, value: T) -> T:
        """Rank 0's value, which can be pickled; what the others give is not looked at."""

    def gather(self, value: T) -> list[T]:
        """Every rank's value in the order of ranks, on every rank; for what is small."""

    def barrier(self) -> None:
        """Wait for all ranks."""

    def tell(self, line: str) -> None:
        """Say a line to the person who started the training; of a rank other than 0 nothing is heard."""


class Alone:
    """The only rank.

    Args:
        tell: is given the lines that it tells.
    """

    rank = 0
    ranks = 1

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self.tell = tell

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """The sum over one rank is what it has."""

    def broadcast_(self, tensors: Sequence[Tensor]) -> None:
        """Rank 0 has its own already."""

    def share(self, value: T) -> T:
        """The value."""
        return value

    def gather(self, value: T) -> list[T]:
        """The value in a list."""
        return [value]

    def barrier(self) -> None:
        """There is nobody to wait for."""


def from_first(communicator: Communicator, ask: Callable[[], T]) -> T:
    """What rank 0 finds; an error of ours that it meets there is met on every rank, so that none waits for it.

    Raises:
        TidemillError: what rank 0 met.
    """
    answer: tuple[T | None, int, str] = (None, 0, "")
    met: TidemillError | None = None
    if communicator.rank == 0:
        try:
            answer = (ask(), 0, "")
        except TidemillError as error:
            met = error
            answer = (None, error.exit_status, str(error))
    value, status, message = communicator.share(answer)
    if met is not None:
        raise met
    if message:
        raise RequestWrong(message) if status == RequestWrong.exit_status else RunFailed(message)
    return value  # type: ignore[return-value]
