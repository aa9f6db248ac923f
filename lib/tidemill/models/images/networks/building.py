"""Build the network that a configuration names."""

from pathlib import Path

import torch

from tidemill.errors import RequestWrong, suggestion
from tidemill.models.images.networks.efficientnet import SIZES, efficientnet_lite
from tidemill.models.images.networks.network import Base, Network
from tidemill.models.images.networks.small_cnn import WIDTHS, small_cnn
from tidemill.models.images.networks.zoo import torchvision_base
from tidemill.models.images.settings.bases import BASES, TORCHVISION


class UnknownBase(RequestWrong):
    """No base has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no base '{name}'. {suggestion(name, BASES)}")


class NoWeightsWanted(RequestWrong):
    """A file of weights is named for a base that learns from nothing."""

    def __init__(self, base: str, path: Path) -> None:
        super().__init__(f"{base} begins without weights, but training.weights is {path}. Leave it out.")


def build_network(
    base: str,
    classes: int,
    weights: Path | None = None,
    *,
    size: int | None = None,
    pretrained: bool = True,
    channels: int = 3,
    seed: int = 0,
) -> Network:
    """A base with ImageNet weights, where it has such, and a new head.

    Args:
        base: efficientnet_lite0 to efficientnet_lite4, small_cnn or wide_cnn, or one that torchvision builds.
        classes: how many the head tells apart.
        weights: a file of the base's, instead of the package's own.
        size: of the images that the base takes, pixels; the one that its weights were trained at where None.
        pretrained: whether it has weights at all; without, they are drawn.
        channels: of the images, which small_cnn and wide_cnn are built for; the others take three.
        seed: of all weights that are drawn.

    Raises:
        UnknownBase: there is none of that name.
        WeightsMissing: its weights are not on this machine.
        NoWeights: the file holds none.
        OtherWeights: the file holds those of another model.
        NeedsTorchvision: torchvision is not installed.
        NoWeightsWanted: one that begins without weights is given a file.
    """
    if base not in BASES:
        raise UnknownBase(base)
    # Libraries draw first weights from torch's own generator, which is left as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(_base(base, weights, size, pretrained, channels, seed), classes, seed)


def _base(base: str, weights: Path | None, size: int | None, pretrained: bool, channels: int, seed: int) -> Base:
    if base in SIZES:
        return efficientnet_lite(base, size, weights, pretrained, seed)
    if base in TORCHVISION:
        return torchvision_base(base, size, weights, pretrained, seed)
    if weights is not None:
        raise NoWeightsWanted(base, weights)
    return small_cnn(size, seed, channels, WIDTHS[base], base)
