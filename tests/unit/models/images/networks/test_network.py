import numpy as np
import pytest
import torch

from tidemill.models.images.networks import build_network


def some(height, width, channels, many=3):
    return np.random.default_rng(0).integers(0, 256, (many, height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_small_cnn_takes_grey_and_coloured_images(channels):
    network = build_network("small_cnn", 5, channels=channels)

    found = network.probabilities(some(28, 28, channels))

    assert found.shape == (3, 5)
    assert torch.allclose(found.sum(dim=1), torch.ones(3))


def test_coloured_images_are_made_grey_for_a_grey_network():
    network = build_network("small_cnn", 5, channels=1)
    grey = some(28, 28, 1)

    found = network.probabilities(np.repeat(grey, 3, axis=3))

    assert torch.allclose(found, network.probabilities(grey), atol=1e-5)


def test_images_of_another_size_are_resized_on_the_batch():
    network = build_network("small_cnn", 5, channels=3)

    assert network.sized(some(50, 41, 3)).shape == (3, 3, 28, 28)
    assert network.sized(some(50, 41, 3, many=0)).shape == (0, 3, 28, 28)


def test_an_enlarged_image_keeps_its_brightness():
    network = build_network("small_cnn", 5, size=32, channels=1)
    grey = some(16, 16, 1)

    assert network.sized(grey).mean().item() == pytest.approx(grey.mean() / 255, abs=0.01)


def test_an_image_is_judged_alike_alone_and_in_a_batch():
    network = build_network("small_cnn", 5, channels=1)
    images = some(28, 28, 1, many=7)

    together, alone = network.probabilities(images), network.probabilities(images[4:5])

    assert torch.allclose(together[4:5], alone, atol=1e-6)


def test_a_network_is_told_apart_by_base_size_classes_and_weights():
    named = {
        build_network("small_cnn", 5).identity,
        build_network("small_cnn", 6).identity,
        build_network("small_cnn", 5, size=32).identity,
        build_network("small_cnn", 5, seed=1).identity,
    }

    assert len(named) == 4
