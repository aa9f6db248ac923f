"""How good a network is on a split that it does not learn from."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from tidemill.models.images.backends import Communicator
from tidemill.models.images.feeding import Batch, Feed, by_lane
from tidemill.models.images.frozen import FeatureBatch, FeatureFeed
from tidemill.models.images.networks import Network


class Validated(NamedTuple):
    """Figures of a split, over all ranks.

    Attributes:
        correct: samples whose most probable class is their own.
        samples: all of them.
        loss: the mean cross-entropy.
    """

    correct: int
    samples: int
    loss: float

    @property
    def accuracy(self) -> float:
        """The share that is correct."""
        return self.correct / self.samples


def validate(network: Network, feed: Feed, communicator: Communicator) -> Validated:
    """Count over all ranks, in whole numbers, what the network gets right; dropout and augmentation are off.

    Lanes are answered apart from each other, so that it is not seen how they are divided over ranks.
    """

    def logits(part: Batch) -> Tensor:
        return network(network.normalised(network.sized(part.images)))

    network.eval()
    return _counted(((own, logits) for part in feed.batches(0) for own in by_lane(part)), communicator)


def validate_head(network: Network, feed: FeatureFeed, communicator: Communicator) -> Validated:
    """The same of features that the base has computed before."""

    def logits(part: FeatureBatch) -> Tensor:
        return network.head(torch.from_numpy(part.features).to(network.head.weight))

    network.eval()
    return _counted(((own, logits) for part in feed.batches(0) for own in by_lane(part)), communicator)


def _counted(parts: Iterator[tuple[Any, Callable[[Any], Tensor]]], communicator: Communicator) -> Validated:
    counts = torch.zeros(2, dtype=torch.int64)
    losses = torch.zeros(1, dtype=torch.float64)
    for part, logits_of in parts:
        with torch.no_grad():
            logits = logits_of(part).float().cpu()
        labels = torch.from_numpy(part.labels)
        counts += torch.tensor([int((logits.argmax(dim=1) == labels).sum()), len(labels)])
        losses += F.cross_entropy(logits, labels, reduction="sum").double()
    communicator.sum_([counts, losses])
    return Validated(int(counts[0]), int(counts[1]), float(losses[0]) / max(1, int(counts[1])))
