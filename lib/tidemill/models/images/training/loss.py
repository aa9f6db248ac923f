"""What a step makes smaller."""

import torch
import torch.nn.functional as F
from torch import Tensor

from tidemill.models.images.augmenting import Mixed


def summed_loss(logits: Tensor, mixed: Mixed, smoothing: float, weights: Tensor | None) -> Tensor:
    """The cross-entropy summed over the samples, each with its own class and its partner's by their shares.

    A sum, and not a mean, so that the ranks' sums over the global batch's size are its mean however it is divided.

    Args:
        logits: float [n, classes].
        mixed: the samples' classes and shares.
        smoothing: the share of a label that is spread over all classes.
        weights: of each class, float [classes]; a sample counts by that of each of its two classes.
    """

    def one(labels: Tensor) -> Tensor:
        losses = F.cross_entropy(logits.float(), labels, reduction="none", label_smoothing=smoothing)
        return losses if weights is None else losses * weights[labels]

    return torch.sum(mixed.shares * one(mixed.labels) + (1 - mixed.shares) * one(mixed.partners))
