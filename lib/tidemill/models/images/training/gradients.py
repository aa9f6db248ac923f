"""The gradients of all learning parameters in one piece of memory, with the loss and the count behind them."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from tidemill.models.images.backends import Communicator

PAIR = 2


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

    The sum of two float32 has no order. What more parts come to is added up in float64, which holds sums of a few
    float32 without rounding but in freak cases: so the order in which ranks add up is not seen in the result.

    Args:
        parameters: those that learn; each one's gradient becomes a view of the piece.
        parts: in how many the global batch is computed, where their order shall not be seen; 0 or 1 where it may.

    Attributes:
        exchanging: seconds that this rank has spent in exchanging them, waiting for slower ranks included.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], parts: int) -> None:
        sizes = [each.numel() for each in parameters]
        first = parameters[0]
        self._whole = torch.zeros(sum(sizes) + 2, dtype=torch.float32, device=first.device)
        self._sums = torch.zeros_like(self._whole, dtype=torch.float64) if parts > PAIR else self._whole
        self.exchanging = 0.0
        place = 0
        for parameter, size in zip(parameters, sizes, strict=True):
            view = torch.as_strided(self._whole, parameter.size(), parameter.stride(), place)
            parameter.grad = view
            place += size

    def begin(self) -> None:
        """Forget the step before."""
        self._whole.zero_()
        if self._sums is not self._whole:
            self._sums.zero_()

    def add(self, loss: float, samples: int) -> None:
        """Add what a part of this rank's samples came to, whose gradients have just been computed.

        Args:
            loss: summed over the samples.
            samples: how many they are.
        """
        if self._sums is not self._whole:
            self._sums.add_(self._whole)
            self._whole.zero_()
        self._sums[-2] += loss
        self._sums[-1] += samples

    def finish(self, communicator: Communicator, clip: float | None) -> Step:
        """Make this rank's sums the mean over the global batch.

        Args:
            communicator: adds up what the ranks have.
            clip: the longest gradient.
        """
        begun = time.perf_counter()
        communicator.sum_([self._sums])
        self.exchanging += time.perf_counter() - begun
        total, count = float(self._sums[-2]), round(float(self._sums[-1]))
        if self._sums is not self._whole:
            self._whole.copy_(self._sums)
        gradients = self._whole[:-2].div_(count)
        if clip is not None:
            gradients.mul_(torch.clamp(clip / (gradients.norm() + 1e-12), max=1.0))
        return Step(total / count, count)
