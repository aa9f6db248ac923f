"""Feeds: the samples of a split as batches, from a pinned table or from memory, in the same order."""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.feeding.ahead import read_ahead
from tidemill.models.images.feeding.assembling import Assembly, Make
from tidemill.models.images.feeding.batches import Batch, BatchSizeWrong, Feed, RanksWrong, StepWrong
from tidemill.models.images.feeding.petastorm_source import petastorm_source
from tidemill.models.images.feeding.plan import EpochPlan
from tidemill.models.images.feeding.snapshot import Snapshot
from tidemill.models.images.feeding.sources import Source, memory_source
from tidemill.models.images.settings import LANES

# Batches that wait for the training loop.
DEPTH = 8
B = TypeVar("B")


class Order(NamedTuple):
    """How samples are dealt: the global batch's size, the seed, this rank of how many, whether to shuffle."""

    batch_size: int
    seed: int
    rank: int
    ranks: int
    shuffle: bool
    lanes: int = LANES


class PlannedFeed(Generic[B]):
    """The samples of a split in the planned order, wherever they come from.

    Args:
        source: what reads the row groups, and the split's rows in each.
        make: a batch, from its arrays.
        order: how the samples are dealt.
        depth: how many batches a thread makes ahead; 0 for none.

    Raises:
        BatchSizeWrong: a batch would hold nothing.
        RanksWrong: the ranks do not divide the lanes.
    """

    def __init__(self, source: Source, make: Make[B], order: Order, depth: int = DEPTH) -> None:
        if order.batch_size < 1:
            raise BatchSizeWrong(order.batch_size)
        if order.ranks < 1 or order.lanes % order.ranks or not 0 <= order.rank < order.ranks:
            raise RanksWrong(order.rank, order.ranks, order.lanes)
        self._source = source
        self._order = order
        self._depth = depth
        self._assembly = Assembly(source.read, source.like, make, order.batch_size, order.rank, order.ranks)
        self.classes, self.class_sizes = source.classes, source.class_sizes
        self.samples = sum(source.sizes)
        self.batch_size = order.batch_size
        self.steps = -(-self.samples // order.batch_size)

    def batches(self, epoch: int, first_step: int = 0) -> Generator[B, None, None]:
        """This rank's part of each global batch of an epoch, from a step on.

        Raises:
            StepWrong: the epoch has no such step.
        """
        if not 0 <= first_step <= self.steps:
            raise StepWrong(epoch, first_step, self.steps)
        order = self._order
        plan = EpochPlan(self._source.sizes, order.seed, epoch, order.shuffle, self._source.window, order.lanes)
        return self._batches(plan, first_step)

    def _batches(self, plan: EpochPlan, first_step: int) -> Generator[B, None, None]:
        blocks = self._assembly.blocks(plan, first_step)
        if self._depth:
            # A generator that has not begun holds nothing; the thread begins it.
            made, depth = blocks, -(-self._depth // self._assembly.steps_a_block)
            blocks = read_ahead(lambda: made, depth)
        with closing(blocks):
            for block in blocks:
                yield from block


def delta_feed(
    snapshot: Snapshot,
    split: str,
    *,
    batch_size: int,
    seed: int,
    rank: int,
    ranks: int,
    shuffle: bool,
    lanes: int = LANES,
) -> Feed:
    """Feed a split of a pinned table by Petastorm, read ahead in the background.

    Args:
        snapshot: the pinned table.
        split: whose images.
        batch_size: the global one, over all ranks.
        seed: of the order.
        rank: this one, from 0.
        ranks: how many there are; they divide the lanes.
        shuffle: whether to draw an order for each epoch.
        lanes: that the samples are dealt to; the order depends on it.

    Raises:
        EmptySplit: the split has no images.
        UnknownLabels: an image has a label that no training image has.
        BatchSizeWrong: a batch would hold nothing.
        RanksWrong: the ranks do not divide the lanes.
        ImagesDamaged: (while reading) a file is gone, or holds other than the snapshot says.
    """
    order = Order(batch_size, seed, rank, ranks, shuffle, lanes)
    return PlannedFeed(petastorm_source(snapshot, split), Batch, order)


def memory_feed(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: Sequence[str],
    *,
    batch_size: int,
    seed: int,
    rank: int,
    ranks: int,
    shuffle: bool,
) -> Feed:
    """Feed images in memory, in the order of a table with row groups of 256 of them.

    Args:
        images: uint8 [n, height, width, channels].
        labels: int64 [n], indexes of classes.
        classes: their labels.
        batch_size: the global one, over all ranks.
        seed: of the order.
        rank: this one, from 0.
        ranks: how many there are: 1, 2, 4 or 8.
        shuffle: whether to draw an order for each epoch.

    Raises:
        BatchSizeWrong: a batch would hold nothing.
        RanksWrong: the ranks do not divide the lanes.
    """
    source = memory_source(images, labels, classes)
    return PlannedFeed(source, Batch, Order(batch_size, seed, rank, ranks, shuffle), depth=0)
