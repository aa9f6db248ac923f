"""Convolutions of each channel by itself, with a gradient of their filters that is fast for small images on CPUs."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Gradients = tuple[Tensor | None, Tensor | None, Tensor | None, None, None]


def depthwise(images: Tensor, filters: Tensor, shift: Tensor, stride: int, padding: int) -> Tensor:
    """Convolve each channel with its own filter, as torch's conv2d of as many groups as channels does.

    On CPUs oneDNN takes ten to fifty times as long as for the rest for the gradient of filters that are larger than the
    images, as the last ones of a network are that was made for images of 224 pixels and is trained with 64 or 128. That
    gradient is itself such a convolution, of the images with the gradient of the answers, a group for each channel of
    each image, and oneDNN is fast at these.

    Args:
        images: float [n, c, h, w].
        filters: float [c, 1, k, l].
        shift: float [c], added to the answers.
        stride: between answers, pixels.
        padding: of 0 on each side, pixels.

    Returns:
        float [n, c, (h + 2 padding - k) // stride + 1, likewise].
    """
    if images.is_cuda or min(images.shape[2:]) >= max(filters.shape[2:]):
        return F.conv2d(images, filters, shift, stride, padding, 1, len(filters))
    found: Tensor = _Depthwise.apply(images, filters, shift, stride, padding)
    return found


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, filters: Tensor, shift: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(images, filters)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(images, filters, shift, stride, padding, 1, len(filters))

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> Gradients:
        images, filters = ctx.saved_tensors
        stride, padding = ctx.stride, ctx.padding
        of_images, of_filters, of_shift = ctx.needs_input_grad[:3]
        return (
            _of_images(images, filters, gradient, stride, padding) if of_images else None,
            _of_filters(images, gradient, filters.shape, stride, padding) if of_filters else None,
            gradient.sum((0, 2, 3)) if of_shift else None,
            None,
            None,
        )


def _of_images(images: Tensor, filters: Tensor, gradient: Tensor, stride: int, padding: int) -> Tensor:
    # torch.nn.grad.conv2d_input would lay out images that it does not look at.
    how = ([stride] * 2, [padding] * 2, [1, 1], False, [0, 0], len(filters), (True, False, False))
    return torch.ops.aten.convolution_backward(gradient, images, filters, None, *how)[0]


def _of_filters(images: Tensor, gradient: Tensor, shape: torch.Size, stride: int, padding: int) -> Tensor:
    spans = [(size - 1) * stride for size in gradient.shape[2:]]
    # Padding beyond the span of the answers only adds edges of 0, which oneDNN would be slow about.
    above, left = (min(padding, span) for span in spans)
    each = _convolved_by_image(images, gradient, stride, (above, left)).sum(0)
    edges = (padding - left, padding - left, padding - above, padding - above)
    return F.pad(each, edges)[:, None, : shape[2], : shape[3]]


def _convolved_by_image(images: Tensor, gradient: Tensor, stride: int, padding: tuple[int, int]) -> Tensor:
    n, c, height, width = images.shape
    if gradient.shape[2:] == (1, 1):
        return images * gradient
    channels = gradient.reshape(n * c, 1, *gradient.shape[2:])
    found = F.conv2d(images.reshape(1, n * c, height, width), channels, None, 1, padding, stride, n * c)
    return found.reshape(n, c, *found.shape[2:])
