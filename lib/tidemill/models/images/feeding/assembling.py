"""Batches from row groups that arrive in the planned order."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.feeding.plan import EpochPlan, Window

B = TypeVar("B")
# Batches are made some at a time: each costs as much by itself as a hundred small images do.
BLOCK_STEPS = 8
BLOCK_BYTES = 1 << 20


class Group(NamedTuple):
    """The rows of a split in one row group: what is known of each, and its class."""

    values: NDArray[Any]
    labels: NDArray[np.int64]


# From the numbers of row groups to their rows, in that order; closing it ends what it started.
Read = Callable[[Sequence[int]], Generator[Group, None, None]]

# From values [n, ...], labels, keys and lanes, int64 [n], to what the training loop is given.
Make = Callable[[NDArray[Any], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], B]


class _Loaded(NamedTuple):
    """A window's samples in their order."""

    first: int
    values: NDArray[Any]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]


class _Samples(NamedTuple):
    """Samples of a rank in the order of the epoch."""

    values: NDArray[Any]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]
    lanes: NDArray[np.int64]


@dataclass(frozen=True)
class Assembly(Generic[B]):
    """How a rank makes its parts of the global batches of an epoch.

    Held in memory are the windows of the rank's lanes: of each the one under way, and the next one where a batch
    reaches into it.

    Args:
        read: the row groups.
        like: values of no sample, [0, ...], for their shape and type.
        make: a part, from its arrays.
        batch_size: of a global batch.
        rank: this one.
        ranks: how many there are; they divide a plan's lanes.
    """

    read: Read
    like: NDArray[Any]
    make: Make[B]
    batch_size: int
    rank: int
    ranks: int

    @property
    def steps_a_block(self) -> int:
        """The batches that are made together."""
        part = self.batch_size * int(np.prod(self.like.shape[1:])) * self.like.itemsize // self.ranks
        return max(1, min(BLOCK_STEPS, BLOCK_BYTES // max(1, part)))

    def blocks(self, plan: EpochPlan, first_step: int) -> Generator[list[B], None, None]:
        """This rank's part of each global batch, from a step on; some at a time."""
        lanes = range(self.rank, plan.lanes, self.ranks)
        position = first_step * self.batch_size
        waiting = deque(plan.windows(lanes, position))
        held: dict[int, deque[_Loaded]] = {lane: deque() for lane in lanes}
        groups = self.read([stretch.group for window in waiting for stretch in window.stretches])
        first_keys = np.cumsum([0, *plan.sizes])
        try:
            block = self.steps_a_block * self.batch_size
            for begin in range(position, plan.samples, block):
                end = min(begin + block, plan.samples)
                while waiting and plan.needed_at(waiting[0], position) < end:
                    window = waiting.popleft()
                    held[window.lane].append(_loaded(plan, window, groups, self.like, first_keys))
                yield self._cut(_dealt(plan, held, self.like, begin, end), begin, end)
        finally:
            groups.close()

    def _cut(self, block: _Samples, begin: int, end: int) -> list[B]:
        """The batches of a block."""
        ends = [*range(begin, end, self.batch_size), end]
        # Rank r has the positions r, r + ranks and so on.
        own = [-((self.rank - position) // self.ranks) for position in ends]
        spans = [slice(first - own[0], last - own[0]) for first, last in pairwise(own)]
        return [self.make(*(values[span] for values in block)) for span in spans]


def _dealt(plan: EpochPlan, held: dict[int, deque[_Loaded]], like: NDArray[Any], begin: int, end: int) -> _Samples:
    """The samples at positions `begin` to before `end`, in that order; windows that are used up are let go."""
    counts = {lane: (plan.before(begin, lane), plan.before(end, lane)) for lane in held}
    size = sum(last - first for first, last in counts.values())
    values = np.empty((size, *like.shape[1:]), like.dtype)
    labels, keys, lanes = (np.empty(size, np.int64) for _ in range(3))
    # The rank's lanes take turns, beginning with the one whose sample stands first.
    turns = sorted(held, key=lambda lane: counts[lane][0] * plan.lanes + lane)
    for turn, lane in enumerate(turns):
        first, last = counts[lane]
        place = turn
        while first < last:
            loaded = held[lane][0]
            stop = min(last, loaded.first + len(loaded.keys))
            here = slice(place, place + (stop - first) * len(turns), len(turns))
            there = slice(first - loaded.first, stop - loaded.first)
            values[here], labels[here], keys[here] = loaded.values[there], loaded.labels[there], loaded.keys[there]
            lanes[here] = lane
            place += (stop - first) * len(turns)
            first = stop
            if stop == loaded.first + len(loaded.keys):
                held[lane].popleft()
    return _Samples(values, labels, keys, lanes)


def _loaded(
    plan: EpochPlan, window: Window, groups: Iterator[Group], like: NDArray[Any], first_keys: NDArray[np.int64]
) -> _Loaded:
    values = np.empty((window.size, *like.shape[1:]), like.dtype)
    labels, keys = np.empty(window.size, np.int64), np.empty(window.size, np.int64)
    for piece in plan.pieces(window):
        group = next(groups)
        values[piece.places] = group.values[piece.rows]
        labels[piece.places] = group.labels[piece.rows]
        numbers = np.arange(first_keys[piece.group], first_keys[piece.group + 1])
        keys[piece.places] = numbers[piece.rows]
    return _Loaded(window.first, values, labels, keys)
