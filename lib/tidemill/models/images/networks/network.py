"""An image classifier: a base of named blocks, their mean over the image as features, and a linear head."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

COLOURS = 3
BYTE = 255.0


class Base(NamedTuple):
    """What a network learns with before it has classes of its own.

    Attributes:
        name: as in the configuration.
        blocks: in the order that an image passes them; each turns [n, c, h, w] into the same of other sizes.
        features: how many channels the last one gives.
        size: height and width of the images that it takes, pixels.
        channels: 3, or 1 where it takes grey images as they are.
        mean: of its own normalisation, a channel, on a scale from 0 to 1.
        deviation: the same.
        origin: which weights it has: a hash of their file, or how they were drawn.
    """

    name: str
    blocks: Mapping[str, nn.Module]
    features: int
    size: int
    channels: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    origin: str


class Network(nn.Module):
    """A base and a linear head for some classes.

    Args:
        base: of which the network takes over blocks and weights.
        classes: how many.
        seed: of the head's first weights.
    """

    def __init__(self, base: Base, classes: int, seed: int) -> None:
        super().__init__()
        self.base = base.name
        self.origin = base.origin
        self.size = base.size
        self.channels = base.channels
        self.width = base.features
        self.classes = classes
        self.blocks = nn.ModuleDict(base.blocks)
        self.head = nn.Linear(base.features, classes)
        drawn = torch.Generator().manual_seed(seed)
        nn.init.normal_(self.head.weight, std=0.01, generator=drawn)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("mean", torch.tensor(base.mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(base.deviation).view(1, -1, 1, 1), persistent=False)
        self.to(memory_format=torch.channels_last)

    @property
    def identity(self) -> str:
        """What a checkpoint of another network differs in."""
        return f"{self.base}, {self.size} px, {self.classes} classes, {self.origin}"

    def sized(self, images: npt.NDArray[np.uint8]) -> Tensor:
        """Images as the base's size has them, in their own channels.

        Args:
            images: uint8 [n, height, width, channels], of 1 or 3 channels.

        Returns:
            Float [n, channels, size, size] from 0 to 1, on the network's device.
        """
        whole = torch.from_numpy(np.require(images, requirements=["C", "W"])).to(self.head.weight.device)
        whole = whole.permute(0, 3, 1, 2).float() / BYTE
        if whole.shape[-2:] == (self.size, self.size) or not len(whole):
            return whole if len(whole) else whole.new_zeros((0, whole.shape[1], self.size, self.size))
        smaller = min(whole.shape[-2:]) > self.size
        return F.interpolate(whole, (self.size, self.size), mode="bilinear", antialias=smaller)

    def normalised(self, images: Tensor) -> Tensor:
        """The base's own normalisation; grey images are repeated, coloured ones made grey where it takes one channel.

        Args:
            images: float [n, 1 or 3, size, size] from 0 to 1.

        Returns:
            Float [n, channels of the base, size, size].
        """
        if images.shape[1] < self.channels:
            images = images.expand(-1, COLOURS, -1, -1)
        elif images.shape[1] > self.channels:
            images = images.mean(dim=1, keepdim=True)
        scaled = (images - self.mean) / self.deviation
        return scaled.contiguous(memory_format=torch.channels_last)

    def features(self, images: Tensor) -> Tensor:
        """Each channel of the last block in its mean over the image: normalised images to float [n, features]."""
        for block in self.blocks.values():
            images = block(images)
        return images.mean(dim=(2, 3))

    def forward(self, images: Tensor, kept: Tensor | None = None) -> Tensor:
        """Logits of normalised images.

        Args:
            images: float [n, channels, size, size].
            kept: what the features are multiplied by under dropout, float [n, features].

        Returns:
            Float [n, classes].
        """
        found = self.features(images)
        return self.head(found if kept is None else found * kept)

    def probabilities(self, images: npt.NDArray[np.uint8]) -> Tensor:
        """The probability of each class, without dropout and with the statistics of the base.

        Args:
            images: uint8 [n, height, width, channels].

        Returns:
            Float [n, classes].
        """
        self.eval()
        with torch.no_grad():
            return F.softmax(self(self.normalised(self.sized(images))).float(), dim=1)
