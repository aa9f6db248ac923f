"""Cached features as batches, in the order in which their images would be fed."""

from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.feeding.feeds import Order, PlannedFeed
from tidemill.models.images.frozen.features import CachedFeatures
from tidemill.models.images.settings import LANES


class FeatureBatch(NamedTuple):
    """A rank's part of one global batch; of the last one it may be empty.

    Attributes:
        features: floats [n, width].
        labels: int64 [n], the index of the class.
        keys: int64 [n], the sample's number in its split of the pinned snapshot.
        lanes: int64 [n], the lane that each sample came through.
    """

    features: NDArray[np.floating[Any]]
    labels: NDArray[np.int64]
    keys: NDArray[np.int64]
    lanes: NDArray[np.int64]


class FeatureFeed:
    """Features in the planned order; each epoch takes the next of the augmented views, if there are any."""

    def __init__(self, cached: CachedFeatures, order: Order) -> None:
        self._feeds = [PlannedFeed(cached.source(view), FeatureBatch, order) for view in sorted(cached.values)]
        self.classes = cached.classes
        self.samples = self._feeds[0].samples
        self.batch_size = self._feeds[0].batch_size
        self.steps = self._feeds[0].steps

    def batches(self, epoch: int, first_step: int = 0) -> Generator[FeatureBatch, None, None]:
        """This rank's part of each global batch of an epoch, from a step on.

        Raises:
            StepWrong: the epoch has no such step.
        """
        return self._feeds[epoch % len(self._feeds)].batches(epoch, first_step)


def feature_feed(
    cached: CachedFeatures,
    *,
    batch_size: int,
    seed: int,
    rank: int,
    ranks: int,
    shuffle: bool,
    lanes: int = LANES,
) -> FeatureFeed:
    """Feed cached features: the samples of `delta_feed` with the same arguments, batch by batch.

    Args:
        cached: the features of a split.
        batch_size: the global one, over all ranks.
        seed: of the order.
        rank: this one, from 0.
        ranks: how many there are; they divide the lanes.
        shuffle: whether to draw an order for each epoch.
        lanes: that the samples are dealt to; the order depends on it.

    Raises:
        BatchSizeWrong: a batch would hold nothing.
        RanksWrong: the ranks do not divide the lanes.
    """
    return FeatureFeed(cached, Order(batch_size, seed, rank, ranks, shuffle, lanes))
