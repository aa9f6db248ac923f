"""ResNet, VGG and Inception of torchvision, where it is installed and a file of weights is on disk."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import nn

from tidemill.errors import RequestWrong
from tidemill.models.images.networks.network import Base
from tidemill.models.images.networks.weights import WeightsMissing, load

# ImageNet's statistics, which torchvision's weights were trained with.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
INCEPTION_SIZE, SIZE = 299, 224


class NeedsTorchvision(RequestWrong):
    """A base is asked for that torchvision builds, which is not installed."""

    def __init__(self, base: str) -> None:
        super().__init__(
            f"{base} is built by torchvision, which is not installed. Install the version that fits torch (pip install "
            "torchvision), or set training.base to efficientnet_lite0."
        )


def torchvision_base(base: str, size: int | None, weights: Path | None, pretrained: bool, seed: int) -> Base:
    """A base of torchvision's model, up to its last convolution.

    Args:
        base: one of TORCHVISION.
        size: of the images; the one that the weights were trained at where None.
        weights: a file as torchvision publishes it.
        pretrained: whether it has weights at all; without, they are drawn.
        seed: that torch's generator was given to draw them.

    Raises:
        NeedsTorchvision: it is not installed.
        WeightsMissing: no file is named, or it is not there.
        NoWeights: the file holds no weights.
        OtherWeights: it holds those of another model.
    """
    if find_spec("torchvision") is None:
        raise NeedsTorchvision(base)
    from torchvision import models  # noqa: PLC0415 (only where a base needs it)

    if pretrained and weights is None:
        raise WeightsMissing(base, "named", "Nothing is downloaded: set training.weights to their file.")
    inception = base == "inception_v3"
    more = {"aux_logits": True, "transform_input": False, "init_weights": False} if inception else {}
    model = getattr(models, base)(weights=None, **more)
    origin = f"drawn by {seed}"
    if pretrained and weights:
        origin = load(base, model, weights, but=("fc.", "classifier.", "AuxLogits."))
    blocks = dict(_resnet(model) if base.startswith("resnet") else _vgg(model) if base[:3] == "vgg" else _other(model))
    features = model.fc.in_features if hasattr(model, "fc") else 512
    return Base(base, blocks, features, size or (INCEPTION_SIZE if inception else SIZE), 3, MEAN, DEVIATION, origin)


def _resnet(model: Any) -> Iterator[tuple[str, nn.Module]]:
    yield "stem", nn.Sequential(model.conv1, model.bn1, model.relu, model.maxpool)
    for number in range(1, 5):
        for place, block in enumerate(getattr(model, f"layer{number}")):
            yield f"layer{number}_{place}", block


def _vgg(model: Any) -> Iterator[tuple[str, nn.Module]]:
    """The convolutions between two poolings are a block."""
    parts: list[nn.Module] = []
    number = 0
    for part in model.features:
        # Written in place, a rectified linear unit would overwrite what the block before it gives out.
        parts.append(nn.ReLU() if isinstance(part, nn.ReLU) else part)
        if isinstance(part, nn.MaxPool2d):
            yield f"block{number}", nn.Sequential(*parts)
            parts, number = [], number + 1


def _other(model: Any) -> Iterator[tuple[str, nn.Module]]:
    for name, part in model.named_children():
        if name not in ("AuxLogits", "avgpool", "dropout", "fc"):
            yield name, part
