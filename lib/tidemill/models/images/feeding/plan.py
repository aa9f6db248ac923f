"""Which sample goes into which batch of an epoch, decided from numbers alone: sizes of row groups, seed, epoch.

An epoch's row groups stand in an order drawn from seed and epoch. The line of their rows is cut into lanes that differ
by a row at most; a row group on a cut is read by both lanes, and each takes other rows of it. A lane reads a window of
row groups at a time and shuffles within it. The lanes' samples are dealt in turn: the sample at position p of the epoch
is number p // lanes of lane p % lanes. Batches are stretches of positions, so that none depends on the number of ranks:
rank r takes the lanes r, r + ranks, r + 2 ranks and so on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.settings import LANES

# What random numbers are drawn for; each purpose has a stream of its own.
ORDER, CUT, WINDOW = 0, 1, 2


class Stretch(NamedTuple):
    """Rows `first` to before `end` of a row group, in the order drawn for it where it is cut."""

    group: int
    first: int
    end: int


class Window(NamedTuple):
    """Samples `first` to `first + size - 1` of a lane, which are read and shuffled together."""

    lane: int
    number: int
    first: int
    size: int
    stretches: tuple[Stretch, ...]


class Piece(NamedTuple):
    """What a window takes of a row group: which of its rows, and the place of each within the window."""

    group: int
    rows: NDArray[np.int64] | slice
    places: NDArray[np.int64]


@dataclass(frozen=True)
class EpochPlan:
    """The order of one epoch.

    Args:
        sizes: the split's rows in each row group.
        seed: of all that is drawn.
        epoch: from 0.
        shuffle: whether to draw an order; without one, lanes and their rows follow the snapshot.
        window: rows that a lane shuffles at a time; a larger row group is a window by itself.
        lanes: that the rows are dealt to.
    """

    sizes: tuple[int, ...]
    seed: int
    epoch: int
    shuffle: bool
    window: int
    lanes: int = LANES

    @cached_property
    def samples(self) -> int:
        """Of the epoch."""
        return sum(self.sizes)

    def steps(self, batch_size: int) -> int:
        """The batches that the epoch has."""
        return -(-self.samples // batch_size)

    def before(self, position: int, lane: int) -> int:
        """How many samples of a lane stand before a position of the epoch."""
        return max(0, -((lane - position) // self.lanes))

    def needed_at(self, window: Window, position: int = 0) -> int:
        """The first position, from one on, at which the epoch needs a window."""
        return max(window.first, self.before(position, window.lane)) * self.lanes + window.lane

    def windows(self, lanes: Sequence[int], position: int = 0) -> list[Window]:
        """The windows that some lanes need from a position of the epoch on, in the order in which they need them."""
        needed = [
            window
            for lane in lanes
            for window in self._windows_of(lane)
            if window.first + window.size > self.before(position, lane)
        ]
        return sorted(needed, key=lambda window: self.needed_at(window, position))

    def pieces(self, window: Window) -> list[Piece]:
        """What a window is made of, in the order of its row groups."""
        ends = np.cumsum([0, *(stretch.end - stretch.first for stretch in window.stretches)])
        if self.shuffle:
            places = self._random(WINDOW, window.lane, window.number).permutation(window.size)
        else:
            places = np.arange(window.size)
        return [
            Piece(stretch.group, self._rows(stretch), places[begin:end])
            for stretch, (begin, end) in zip(window.stretches, pairwise(ends), strict=True)
        ]

    def _windows_of(self, lane: int) -> Iterator[Window]:
        # The first windows differ in length, so that the lanes do not all need their next one at the same moment.
        limit = self.window * (lane + 1) // self.lanes if self.shuffle else 0
        first = size = number = 0
        taken: list[Stretch] = []
        for stretch in self._stretches[lane]:
            rows = stretch.end - stretch.first
            if taken and size + rows > limit:
                yield Window(lane, number, first, size, tuple(taken))
                first, size, number, taken = first + size, 0, number + 1, []
                limit = self.window if self.shuffle else 0
            taken.append(stretch)
            size += rows
        if taken:
            yield Window(lane, number, first, size, tuple(taken))

    @cached_property
    def _stretches(self) -> list[list[Stretch]]:
        """Of each lane: its part of the line of all rows."""
        found: list[list[Stretch]] = [[] for _ in range(self.lanes)]
        order = self._random(ORDER).permutation(len(self.sizes)) if self.shuffle else np.arange(len(self.sizes))
        lane, left = 0, self.before(self.samples, 0)
        for group in order.tolist():
            first = 0
            while first < self.sizes[group]:
                while left == 0:
                    lane += 1
                    left = self.before(self.samples, lane)
                end = min(self.sizes[group], first + left)
                found[lane].append(Stretch(group, first, end))
                left -= end - first
                first = end
        return found

    def _rows(self, stretch: Stretch) -> NDArray[np.int64] | slice:
        size = self.sizes[stretch.group]
        if not self.shuffle or stretch.end - stretch.first == size:
            return slice(stretch.first, stretch.end)
        drawn = self._random(CUT, stretch.group).permutation(size)
        return np.sort(drawn[stretch.first : stretch.end])

    def _random(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.epoch, *purpose])
