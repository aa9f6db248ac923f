"""Let a classifier answer a split on all ranks, and add up what each of them counted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tidemill.models.images.backends import Communicator
from tidemill.models.images.evaluation.counting import Counts, Probabilities, counted
from tidemill.models.images.evaluation.mistakes import Mistake, mistakes_in, worst
from tidemill.models.images.feeding import Feed, by_lane

MISTAKES = 24

Answer = Callable[[NDArray[np.uint8]], Probabilities]


@dataclass(frozen=True)
class Outcome:
    """How a classifier did on a split.

    Attributes:
        counts: over all ranks.
        mistakes: the worst, over all ranks.
    """

    counts: Counts
    mistakes: list[Mistake]


def evaluate(
    feed: Feed,
    answer: Answer,
    communicator: Communicator,
    most: int = MISTAKES,
    unseen: NDArray[np.bool_] | None = None,
) -> Outcome:
    """Evaluate a classifier; every rank calls it and gets the same, to the last digit that one rank alone would get.

    What comes through a lane is answered apart from the rest, so that it is not seen how lanes are divided over ranks.

    Args:
        feed: of the split, this rank's part.
        answer: the probabilities [n, C] of images uint8 [n, height, width, channels].
        communicator: adds up the counts.
        most: how many mistakes are kept with their pictures.
        unseen: by key, the samples that count; all where nothing is said.
    """
    counts, mistakes = Counts.none(len(feed.classes)), list[Mistake]()
    for batch in feed.batches(0):
        for own in by_lane(batch):
            images, labels, keys = own.images, own.labels, own.keys
            probabilities = answer(images)
            if unseen is not None:
                kept = unseen[keys]
                images, labels, keys, probabilities = images[kept], labels[kept], keys[kept], probabilities[kept]
            counts += counted(probabilities, labels)
            mistakes = worst([*mistakes, *mistakes_in(probabilities, labels, keys, images, most)], most)
    gathered = [each for of_rank in communicator.gather(mistakes) for each in of_rank]
    return Outcome(_summed(counts, communicator), worst(gathered, most))


def _summed(counts: Counts, communicator: Communicator) -> Counts:
    tensors = [torch.from_numpy(array.copy()) for array in counts.arrays()]
    communicator.sum_(tensors)
    return Counts(*(tensor.numpy() for tensor in tensors))
