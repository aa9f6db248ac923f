"""Images in memory as a training reads them, and small settings to train with."""

from typing import Any

import numpy as np

from tidemill.models.images.feeding import Batch
from tidemill.models.images.feeding.feeds import Order, PlannedFeed
from tidemill.models.images.feeding.sources import memory_source
from tidemill.models.images.networks import Network
from tidemill.models.images.networks.small_cnn import small_cnn
from tidemill.models.images.settings import TrainingSettings

SIZE, CLASSES = 12, 3


class ArraysFeed(PlannedFeed):
    """Images in memory, in a feed that tests can interrupt."""

    def __init__(self, images, labels, *, batch_size=16, seed=0, rank=0, ranks=1, shuffle=True) -> None:
        source = memory_source(images, labels, [str(number) for number in range(CLASSES)])
        super().__init__(source, Batch, Order(batch_size, seed, rank, ranks, shuffle), depth=0)
        self.images, self.labels = images, labels


def shapes(samples: int, seed: int = 0, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Grey images of a bright bar whose direction is the class, in noise: uint8 [n, size, size, 1] and int64 [n]."""
    drawn = np.random.default_rng(seed)
    labels = drawn.integers(0, CLASSES, samples)
    images = drawn.integers(0, 60, (samples, size, size, 1))
    for image, label, place in zip(images, labels, drawn.integers(2, size - 2, samples), strict=True):
        if label != 1:
            image[place - 1 : place + 1, :] += 150
        if label != 0:
            image[:, place - 1 : place + 1] += 150
    return np.clip(images, 0, 255).astype(np.uint8), labels.astype(np.int64)


def feeds(samples=96, rank=0, ranks=1, batch_size=16) -> tuple[ArraysFeed, ArraysFeed]:
    """One to train on and one to validate on."""
    options = {"batch_size": batch_size, "rank": rank, "ranks": ranks}
    return ArraysFeed(*shapes(samples), **options), ArraysFeed(*shapes(40, seed=1), shuffle=False, **options)


def tiny_network(seed=0) -> Network:
    return Network(small_cnn(SIZE, seed, widths=(8, 16)), CLASSES, seed)


def settings(**changes: Any) -> TrainingSettings:
    """A probe and then all blocks, with everything random on."""
    wanted = {
        "base": "small_cnn",
        "batch_size": 16,
        "rate_batch": 16,
        "seed": 7,
        "stages": [
            {"name": "probe", "epochs": 1, "rate": 0.01},
            {"name": "all", "unfreeze": 1.0, "epochs": 2, "rate": 0.005, "decay": 0.8},
        ],
        "augment": {"crop": 0.8, "shift": 0.1, "flip": 0.5, "rotation": 10, "colour": 0.2, "cutout": 0.3, "mixup": 0.2},
        "dropout": 0.2,
        "label_smoothing": 0.1,
        "checkpoint_every": 4,
    }
    return TrainingSettings.model_validate(wanted | changes)
