"""A convolution and the BatchNorm behind it, computed as one where the statistics are fixed."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tidemill.models.images.networks.depthwise import depthwise


class NormalisedConvolution(nn.Module):
    """A convolution, BatchNorm, and ReLU6 where it is asked for.

    In evaluation mode BatchNorm only scales and shifts channels. Done to the filters instead of the images, that gives
    the same answers and gradients for a fraction of the memory's work, which is what such networks spend their time on.

    Args:
        convolution: without a bias.
        norm: behind it.
        padding: left, right, above and below, pixels of 0.
        rectified: whether ReLU6 follows.
    """

    def __init__(
        self, convolution: nn.Conv2d, norm: nn.BatchNorm2d, padding: tuple[int, int, int, int], rectified: bool
    ) -> None:
        super().__init__()
        self.weight = convolution.weight
        self.norm = norm
        self._stride, self._groups = tuple(convolution.stride), convolution.groups
        self._even = padding[0] if len(set(padding)) == 1 else 0
        self._uneven = padding if len(set(padding)) > 1 else None
        self._rectified = rectified

    def forward(self, images: Tensor) -> Tensor:
        """Convolve and normalise: float [n, c, h, w] to the same of other sizes."""
        if self._uneven:
            images = F.pad(images, self._uneven)
        norm = self.norm
        if norm.training:
            found = norm(F.conv2d(images, self.weight, None, self._stride, self._even, 1, self._groups))
        else:
            scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
            filters = self.weight * scale[:, None, None, None]
            shift = norm.bias - norm.running_mean * scale
            found = self._convolved(images, filters, shift)
        return F.relu6(found) if self._rectified else found

    def _convolved(self, images: Tensor, filters: Tensor, shift: Tensor) -> Tensor:
        if self._groups == images.shape[1] and len(set(self._stride)) == 1:
            return depthwise(images, filters, shift, self._stride[0], self._even)
        return F.conv2d(images, filters, shift, self._stride, self._even, 1, self._groups)
