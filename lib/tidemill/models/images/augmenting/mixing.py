"""Mix each image with a partner, and drop features, by the samples' own numbers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import betaincinv
from torch import Tensor

from tidemill.models.images.augmenting.draws import Draws, Integers


class Mixed(NamedTuple):
    """Images of which each is part of itself and part of its partner.

    Attributes:
        images: float [n, channels, height, width].
        labels: each image's own class, int64 [n].
        partners: its partner's class, int64 [n].
        shares: how much of it is its own, float [n], from 0 to 1.
    """

    images: Tensor
    labels: Tensor
    partners: Tensor
    shares: Tensor


def mixed_up(images: Tensor, labels: Tensor, lanes: Integers, draws: Draws, alpha: float) -> Mixed:
    """Mixup (Zhang et al. 2018, arXiv:1710.09412) with partners from the same lane of the global batch.

    A lane's part of a batch is always on one rank, so that a sample has the same partner on any number of ranks.

    Args:
        images: float [n, channels, height, width].
        labels: int64 [n].
        lanes: each sample's lane, int64 [n].
        draws: of the same n samples.
        alpha: of Beta(alpha, alpha); 0 mixes nothing.
    """
    if not alpha or not len(draws):
        return Mixed(images, labels, labels, torch.ones(len(labels), dtype=images.dtype, device=images.device))
    partners = torch.from_numpy(partners_of(lanes, draws)).to(labels.device)
    shares = torch.from_numpy(betaincinv(alpha, alpha, draws.uniform("mixup"))).to(images)
    own = shares[:, None, None, None]
    return Mixed(images * own + images[partners] * (1 - own), labels, labels[partners], shares)


def partners_of(lanes: Integers, draws: Draws) -> npt.NDArray[np.int64]:
    """The place of each sample's partner: the next one of its lane when each lane is ordered by its samples' numbers.

    A sample alone in its lane is its own partner.
    """
    order = np.lexsort((draws.order("partner"), lanes))
    ordered = lanes[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[begins[1:], len(ordered)]
    after = np.arange(1, len(ordered) + 1)
    after[ends - 1] = begins
    partners = np.empty(len(lanes), dtype=np.int64)
    partners[order] = order[after]
    return partners


def kept(draws: Draws, width: int, dropout: float, like: Tensor) -> Tensor | None:
    """What features are multiplied by under dropout: 0 for a dropped one, 1 / (1 - dropout) for the others.

    Returns:
        Float [n, width]; None without dropout.
    """
    if not dropout:
        return None
    keeps = draws.uniforms("dropout", width) >= dropout
    return torch.from_numpy(keeps).to(like) / (1 - dropout)
