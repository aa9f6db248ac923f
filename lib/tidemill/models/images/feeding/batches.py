"""What a training loop is given: this rank's part of each global batch."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidemill.errors import RequestWrong


class Batch(NamedTuple):
    """A rank's part of one global batch; of the last one it may be empty.

    Attributes:
        images: uint8 [n, height, width, channels].
        labels: int64 [n], the index of the class.
        keys: int64 [n], the sample's number in its split of the pinned snapshot, 0 to samples - 1.
        lanes: int64 [n], the lane that each sample came through.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]
    lanes: NDArray[np.int64]


class Laned(Protocol):
    """A batch whose samples know their lanes."""

    @property
    def lanes(self) -> NDArray[np.int64]:
        """The lane that each sample came through."""


L = TypeVar("L", bound=Laned)


def by_lane(batch: L, together: int | None = None) -> Iterator[L]:
    """What came through each lane, one after the other; nothing of a batch that is empty.

    A matrix product's or a convolution's last digits may differ with the number of samples that are given at once.
    Which samples share a lane does not depend on the number of ranks.

    Args:
        batch: a named tuple of arrays [n, ...].
        together: lanes whose numbers differ by a multiple of it are taken together, as they are on one rank where there
            are no more ranks than that; each by itself where nothing is said.
    """
    places = batch.lanes % together if together else batch.lanes
    found = np.unique(places)
    if len(found) == 1:
        # All of it: nothing to copy.
        yield batch
        return
    for place in found:
        own = places == place
        yield type(batch)(*(values[own] for values in batch))  # type: ignore[attr-defined]


class Feed(Protocol):
    """The samples of one split in an order that depends on seed and epoch, and not on the number of ranks."""

    @property
    def samples(self) -> int:
        """Of the split, over all ranks."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels in the order of their index."""

    @property
    def class_sizes(self) -> tuple[int, ...]:
        """The samples of each class, over all ranks."""

    @property
    def steps(self) -> int:
        """The batches of an epoch, the same on every rank."""

    @property
    def batch_size(self) -> int:
        """The samples of a global batch; the last one may be smaller."""

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """This rank's part of each global batch of an epoch, from a step on."""


class BatchSizeWrong(RequestWrong):
    """A batch must hold a sample."""

    def __init__(self, batch_size: int) -> None:
        super().__init__(f"a global batch of {batch_size} samples cannot be made. Set batch_size to 1 or more.")


class RanksWrong(RequestWrong):
    """The lanes cannot be dealt to so many ranks evenly."""

    def __init__(self, rank: int, ranks: int, lanes: int) -> None:
        allowed = ", ".join(str(number) for number in range(1, lanes + 1) if lanes % number == 0)
        super().__init__(
            f"rank {rank} of {ranks} cannot be fed: {lanes} lanes go evenly to {allowed} ranks, numbered from 0. "
            "Set the number of ranks to one of these."
        )


class StepWrong(RequestWrong):
    """An epoch has no such step."""

    def __init__(self, epoch: int, step: int, steps: int) -> None:
        super().__init__(
            f"epoch {epoch} cannot begin at step {step}: an epoch has the steps 0 to {steps}, {steps} being its end. "
            "Resume with the data version and batch size that the checkpoint was made with."
        )
