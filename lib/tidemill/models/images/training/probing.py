"""The frozen phase on features: computed by the base once, as it would see the images epoch by epoch."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from tidemill.models.images.augmenting import Draws, varied
from tidemill.models.images.feeding import Batch
from tidemill.models.images.frozen import FeatureFeed
from tidemill.models.images.networks import Network
from tidemill.models.images.settings import TrainingSettings


class FrozenFeeds(NamedTuple):
    """Features of the frozen base instead of images, with the batches of the feeds of images.

    Attributes:
        train: this rank's part of the train split.
        validation: this rank's part of the validation split.
    """

    train: FeatureFeed
    validation: FeatureFeed


def features_of(network: Network, settings: TrainingSettings) -> Callable[[Batch, int], npt.NDArray[np.float32]]:
    """How the frozen base sees a batch.

    Args:
        network: whose blocks are as they began.
        settings: seed and augmentation.

    Returns:
        A function of a batch and a view to features, float32 [n, width]: view 0 is of the images as they are, view v of
        those that epoch v - 1 would see, without mixup.
    """

    def seen(part: Batch, view: int) -> npt.NDArray[np.float32]:
        network.eval()
        images = network.sized(part.images)
        if view:
            images = varied(images, Draws(settings.seed, view - 1, part.keys), settings.augment)
        with torch.no_grad():
            return network.features(network.normalised(images)).float().cpu().numpy()

    return seen
