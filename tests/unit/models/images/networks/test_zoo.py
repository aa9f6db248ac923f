"""Bases of torchvision, where it is installed."""

import pytest
import torch

from tidemill.models.images.networks import OtherWeights, WeightsMissing, build_network

models = pytest.importorskip("torchvision.models")


@pytest.mark.parametrize("base", ["resnet18", "resnet50", "vgg11", "vgg11_bn"])
def test_a_base_sees_what_torchvisions_own_model_sees(base, tmp_path):
    theirs = getattr(models, base)(weights=None).eval()
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    images = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))

    with torch.no_grad():
        found = build_network(base, 5, tmp_path / "weights.pth", size=64).eval().features(images)
        convolved = theirs.features if base.startswith("vgg") else torch.nn.Sequential(*list(theirs.children())[:-2])
        expected = convolved(images).mean(dim=(2, 3))

    assert torch.allclose(found, expected, atol=1e-4)


def test_their_weights_must_be_on_disk():
    with pytest.raises(WeightsMissing, match="Nothing is downloaded"):
        build_network("resnet18", 5)


def test_weights_of_a_smaller_one_are_refused(tmp_path):
    torch.save(models.resnet18(weights=None).state_dict(), tmp_path / "weights.pth")

    with pytest.raises(OtherWeights, match=r"resnet34: .*layer1\.2\.conv1\.weight is not among them"):
        build_network("resnet34", 5, tmp_path / "weights.pth")
