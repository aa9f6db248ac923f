import pytest
import torch

from tidemill.models.images.augmenting import Draws, varied
from tidemill.models.images.settings import AugmentSettings


@pytest.fixture
def images():
    return torch.rand((6, 3, 10, 10), generator=torch.Generator().manual_seed(0)).contiguous()


ALL = AugmentSettings(crop=0.7, shift=0.1, flip=0.5, rotation=15, colour=0.3, cutout=0.4)


def test_an_image_looks_the_same_alone_and_in_any_batch(images):
    together = varied(images, Draws(1, 2, range(6)), ALL)

    alone = torch.cat([varied(images[at : at + 1], Draws(1, 2, [at]), ALL) for at in range(6)])

    assert torch.allclose(together, alone, atol=1e-6)


def test_an_image_looks_different_in_another_epoch_and_stays_in_range(images):
    first, second = (varied(images, Draws(1, epoch, range(6)), ALL) for epoch in (0, 1))

    assert (first - second).abs().amax(dim=(1, 2, 3)).min() > 0.05
    assert first.min() >= 0 and first.max() <= 1


def test_without_settings_an_image_stays_as_it_is(images):
    assert varied(images, Draws(1, 2, range(6)), AugmentSettings()) is images


def test_a_flip_is_a_mirror_image_to_the_pixel(images):
    flipped = varied(images, Draws(1, 2, range(6)), AugmentSettings(flip=1.0))

    assert torch.allclose(flipped, images.flip(-1), atol=1e-5)


def test_half_of_the_images_are_flipped_where_the_probability_is_a_half():
    gradient = torch.linspace(0, 1, 8).expand(2000, 1, 8, 8).contiguous()

    flipped = varied(gradient, Draws(0, 0, range(2000)), AugmentSettings(flip=0.5))

    assert 0.45 < float((flipped[:, 0, 0, 0] > 0.5).float().mean()) < 0.55


def test_a_crop_shows_a_window_of_the_image_and_nothing_from_outside():
    white = torch.ones((200, 1, 16, 16))

    cropped = varied(white, Draws(0, 0, range(200)), AugmentSettings(crop=0.25))

    assert torch.allclose(cropped, white, atol=1e-5)


def test_a_crop_enlarges_what_it_keeps():
    middle = torch.zeros((200, 1, 16, 16))
    middle[:, :, 6:10, 6:10] = 1

    cropped = varied(middle, Draws(0, 0, range(200)), AugmentSettings(crop=0.5))

    # The area of what lies inside grows by 1 / share, 1.39 in the mean for shares from 0.5 to 1.
    assert 1.3 < float(cropped.sum() / middle.sum()) < 1.5


def test_a_turn_is_no_farther_than_asked_for():
    bar = torch.zeros((500, 1, 33, 33))
    bar[:, :, 16, :] = 1

    turned = varied(bar, Draws(0, 0, range(500)), AugmentSettings(rotation=10))

    rows = (turned[:, 0, :, 32] * torch.arange(33.0)).sum(1) / turned[:, 0, :, 32].sum(1) - 16
    degrees = torch.rad2deg(torch.atan(rows / 16))
    assert degrees.min() < -8 and degrees.max() > 8 and degrees.abs().max() < 10.5


def test_cutout_blanks_a_square_that_the_edge_may_cut():
    white = torch.ones((500, 1, 12, 12))

    blanked = varied(white, Draws(0, 0, range(500)), AugmentSettings(cutout=0.5))

    sizes = (blanked == 0).sum(dim=(1, 2, 3))
    assert sizes.max() == 36 and sizes.min() >= 9 and set(blanked.unique().tolist()) == {0.0, 1.0}


def test_grey_images_are_recoloured_too():
    grey = torch.full((50, 1, 4, 4), 0.4)

    recoloured = varied(grey, Draws(0, 0, range(50)), AugmentSettings(colour=0.5))

    assert recoloured[:, 0, 0, 0].std() > 0.05
