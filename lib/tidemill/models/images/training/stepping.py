"""From a rank's part of a batch to its summed loss and gradients, and to answers."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from tidemill.models.images.augmenting import Draws, Mixed, kept, mixed_up, varied
from tidemill.models.images.feeding import Batch, by_lane
from tidemill.models.images.frozen import FeatureBatch
from tidemill.models.images.networks import Network
from tidemill.models.images.settings import TrainingSettings
from tidemill.models.images.training.gradients import Gradients
from tidemill.models.images.training.loss import summed_loss


class Stepper:
    """Computes steps of a network.

    Args:
        network: in the modes of the stage.
        settings: augmentation, dropout, label smoothing, precision.
        weights: of each class, float [classes]; None where all count alike.
    """

    def __init__(self, network: Network, settings: TrainingSettings, weights: Tensor | None) -> None:
        self._network, self._settings, self._weights = network, settings, weights
        self._autocast = _precision(settings)

    @property
    def parts(self) -> int:
        """In how many a global batch is computed, whatever the ranks that share them; 0 where it does not matter."""
        settings, device = self._settings, self._network.head.weight.device
        return settings.exact_ranks if settings.batch_norm == "evaluation" and device.type == "cpu" else 0

    def on_images(self, part: Batch, epoch: int, gradients: Gradients) -> None:
        """Vary and mix the images, and add up the gradients of their summed loss."""
        for own in by_lane(part, self.parts or 1):
            gradients.add(self._images(own, epoch), len(own.labels))

    def on_features(self, part: FeatureBatch, epoch: int, gradients: Gradients) -> None:
        """The same for the head alone on features that were computed before."""
        for own in by_lane(part, self.parts or 1):
            gradients.add(self._features(own, epoch), len(own.labels))

    def _images(self, part: Batch, epoch: int) -> float:
        settings, network = self._settings, self._network
        draws = Draws(settings.seed, epoch, part.keys)
        images = varied(network.sized(part.images), draws, settings.augment)
        labels = torch.from_numpy(part.labels).to(images.device)
        mixed = mixed_up(images, labels, part.lanes, draws, settings.augment.mixup)
        keeps = kept(draws, network.width, settings.dropout, images)
        with self._autocast():
            logits = network(network.normalised(mixed.images), keeps)
        return self._backward(logits, mixed)

    def _features(self, part: FeatureBatch, epoch: int) -> float:
        head = self._network.head
        features = torch.from_numpy(part.features).to(head.weight)
        labels = torch.from_numpy(part.labels).to(features.device)
        draws = Draws(self._settings.seed, epoch, part.keys)
        keeps = kept(draws, self._network.width, self._settings.dropout, features)
        logits = head(features if keeps is None else features * keeps)
        return self._backward(logits, Mixed(features, labels, labels, torch.ones(len(labels)).to(features)))

    def _backward(self, logits: Tensor, mixed: Mixed) -> float:
        summed = summed_loss(logits, mixed, self._settings.label_smoothing, self._weights)
        summed.backward()
        return float(summed.detach())


def _precision(settings: TrainingSettings) -> Callable[[], AbstractContextManager[Any]]:
    """How a step is computed: in bfloat16 where a GPU can, else in float32."""
    if settings.mixed_precision == "auto" and torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        return lambda: torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext
