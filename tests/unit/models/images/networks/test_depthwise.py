"""Gradients of each channel's filter, against torch's own in double precision."""

import pytest
import torch
import torch.nn.functional as F

from tidemill.models.images.networks.depthwise import depthwise


def drawn(size, kernel, images=3, channels=5):
    numbers = torch.Generator().manual_seed(size[0] * 100 + size[1] * 10 + kernel)
    shapes = ((images, channels, *size), (channels, 1, kernel, kernel), (channels,))
    return [torch.randn(shape, generator=numbers).requires_grad_() for shape in shapes]


def answers_and_gradients(convolve, parts):
    answers = convolve(*parts)
    return [answers, *torch.autograd.grad((answers**2).sum(), [part for part in parts if part.requires_grad])]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (4, 4), (4, 1), (2, 5), (6, 6), (9, 4)])
@pytest.mark.parametrize(("kernel", "padding"), [(3, 1), (5, 2), (5, 4)])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_it_gives_what_torch_gives(size, kernel, padding, stride, layout):
    images, filters, shift = drawn(size, kernel)
    exact = [part.detach().double().requires_grad_() for part in (images, filters, shift)]
    laid_out = images.detach().contiguous(memory_format=layout).requires_grad_()

    found = answers_and_gradients(lambda *parts: depthwise(*parts, stride, padding), (laid_out, filters, shift))
    expected = answers_and_gradients(lambda *parts: F.conv2d(*parts, stride, padding, 1, 5), exact)

    for mine, theirs in zip(found, expected, strict=True):
        assert torch.allclose(mine.double(), theirs, rtol=1e-4, atol=1e-4)


def test_only_the_gradients_that_are_asked_for_are_computed():
    images, filters, shift = drawn((2, 2), 5)

    answers = depthwise(images.detach(), filters, shift.detach(), 1, 2)
    answers.sum().backward()

    assert filters.grad is not None
    assert (images.grad, shift.grad) == (None, None)
