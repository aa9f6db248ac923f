"""A small residual network for small images, without weights of another task."""

import torch
import torch.nn.functional as F
from torch import nn

from tidemill.models.images.networks.network import Base

# Of the blocks. The wide one costs four times as much an image.
WIDTHS = {"small_cnn": (32, 64, 128), "wide_cnn": (64, 128, 256)}
GROUPS = 8
SIZE = 28
# An image of any task is about as bright as this in the mean.
MIDDLE, SPREAD = 0.5, 0.5


class _Residual(nn.Module):
    """Two convolutions beside a short cut (He et al. 2016, arXiv:1512.03385).

    GroupNorm (Wu and He 2018, arXiv:1803.08494) looks at one image alone, so that a batch may be divided over ranks.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.first_norm = nn.GroupNorm(GROUPS, width)
        self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.second_norm = nn.GroupNorm(GROUPS, width)
        self.stride = stride
        same = channels == width and stride == 1
        self.short = nn.Identity() if same else nn.Conv2d(channels, width, 1, bias=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        inner = F.relu(self.first_norm(self.first(images)))
        # Not by the short cut's own stride: torch 2.13's gradient of such a convolution of few channels writes beyond
        # its memory where a smaller batch follows, on several threads. The same numbers come of it.
        kept = images[:, :, :: self.stride, :: self.stride]
        return F.relu(self.second_norm(self.second(inner)) + self.short(kept))


def small_cnn(
    size: int | None,
    seed: int,
    channels: int = 1,
    widths: tuple[int, ...] = WIDTHS["small_cnn"],
    base: str = "small_cnn",
) -> Base:
    """A base of a stem and one residual block a width, each after the first at half the size.

    Args:
        size: of the images; 28 where None.
        seed: of its first weights.
        channels: 1 for grey images, 3 for coloured ones.
        widths: channels of the blocks, multiples of 8.
        base: its name.
    """
    blocks: dict[str, nn.Module] = {
        "stem": nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False), nn.GroupNorm(GROUPS, widths[0]), nn.ReLU()
        )
    }
    for number, width in enumerate(widths):
        before = widths[max(0, number - 1)]
        blocks[f"block{number}"] = _Residual(before, width, 2 if number else 1)
    drawn = torch.Generator().manual_seed(seed)
    for block in blocks.values():
        for module in block.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=drawn)
    statistics = (MIDDLE,) * channels, (SPREAD,) * channels
    name = "-".join(str(width) for width in widths)
    return Base(base, blocks, widths[-1], size or SIZE, channels, *statistics, f"drawn by {seed}, {name}")
