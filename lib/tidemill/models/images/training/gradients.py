"""The gradients of all learning parameters in one piece of memory, with the loss and the count behind them."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from tidemill.models.images.backends import Communicator


class Step(NamedTuple):
    """What a step came to over all ranks.

    Attributes:
        loss: the mean over the global batch.
        samples: its size.
    """

    loss: float
    samples: int


class Gradients:
    """Sums of gradients, exchanged in one message a step.

    Args:
        parameters: those that learn; each one's gradient becomes a view of the piece.

    Attributes:
        exchanging: seconds that this rank has spent in exchanging them, waiting for slower ranks included.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        sizes = [each.numel() for each in parameters]
        first = parameters[0]
        self._whole = torch.zeros(sum(sizes) + 2, dtype=torch.float32, device=first.device)
        self.exchanging = 0.0
        place = 0
        for parameter, size in zip(parameters, sizes, strict=True):
            view = torch.as_strided(self._whole, parameter.size(), parameter.stride(), place)
            parameter.grad = view
            place += size

    def begin(self) -> None:
        """Forget the step before."""
        self._whole.zero_()

    def finish(self, loss: float, samples: int, communicator: Communicator, clip: float | None) -> Step:
        """Make this rank's sums the mean over the global batch.

        Args:
            loss: summed over this rank's samples.
            samples: how many they are.
            communicator: adds up what the ranks have.
            clip: the longest gradient.
        """
        self._whole[-2], self._whole[-1] = loss, samples
        begun = time.perf_counter()
        communicator.sum_([self._whole])
        self.exchanging += time.perf_counter() - begun
        total, count = float(self._whole[-2]), round(float(self._whole[-1]))
        gradients = self._whole[:-2].div_(count)
        if clip is not None:
            gradients.mul_(torch.clamp(clip / (gradients.norm() + 1e-12), max=1.0))
        return Step(total / count, count)
