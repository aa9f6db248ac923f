import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tidemill.models.images.networks.convolving import NormalisedConvolution


@pytest.fixture
def parts():
    drawn = torch.Generator().manual_seed(0)
    convolution, norm = nn.Conv2d(4, 8, 3, stride=2, groups=2, bias=False), nn.BatchNorm2d(8)
    with torch.no_grad():
        for each in (convolution.weight, norm.weight, norm.bias, norm.running_mean):
            each.copy_(torch.randn(each.shape, generator=drawn))
        norm.running_var.copy_(torch.rand(8, generator=drawn) + 0.1)
    return convolution, norm, torch.randn((3, 4, 9, 9), generator=drawn)


def apart(convolution, norm, images, padding):
    return F.relu6(norm(F.conv2d(F.pad(images, padding), convolution.weight, None, 2, 0, 1, 2)))


@pytest.mark.parametrize("padding", [(1, 1, 1, 1), (0, 1, 0, 1), (0, 0, 0, 0)])
@pytest.mark.parametrize("training", [False, True])
def test_it_gives_what_convolution_and_batch_norm_give_with_the_same_gradients(parts, padding, training):
    convolution, norm, images = parts
    norm.train(training)
    learning = (convolution.weight, norm.weight, norm.bias)
    together = NormalisedConvolution(convolution, norm, padding, rectified=True)

    expected = apart(convolution, norm, images, padding)
    wanted = torch.autograd.grad((expected**2).sum(), learning)
    found = together(images)
    got = torch.autograd.grad((found**2).sum(), learning)

    assert torch.allclose(found, expected, atol=1e-5)
    assert all(torch.allclose(mine, theirs, rtol=1e-4, atol=1e-3) for mine, theirs in zip(got, wanted, strict=True))
    assert expected.std() > 0.1
