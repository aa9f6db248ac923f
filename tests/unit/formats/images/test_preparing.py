from io import BytesIO

import imagehash
import numpy as np
import pytest
from PIL import Image

from tidemill.formats.images.decoding import DECODES, Wanted
from tidemill.formats.images.hashing import perceptual_hashes, reduced
from tidemill.formats.images.preparing import Given, fitted, prepared


def noise(height, width, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8).squeeze()


def png(pixels):
    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def pixels_of(image, wanted):
    channels = (3,) if wanted.mode == "RGB" else ()
    return np.frombuffer(image.pixels, np.uint8).reshape(*wanted.size, *channels)


def test_an_image_of_the_wanted_size_keeps_its_pixels():
    given, wanted = noise(12, 20), Wanted((12, 20))

    (image,) = prepared([Given(png(given))], wanted)

    assert (pixels_of(image, wanted) == given).all()
    assert (image.height, image.width) == (12, 20)


def test_raw_pixels_are_an_image_too():
    given, wanted = noise(5, 7, 1), Wanted((5, 7), "L")

    (image,) = prepared([Given(given.tobytes(), 5, 7)], wanted)

    assert image.pixels == given.tobytes()


def test_a_batch_keeps_its_order_around_what_does_not_decode():
    given = [noise(9, 9, seed=seed) for seed in range(3)]
    contents = [png(given[0]), b"text", png(given[1]), png(given[2])]

    first, broken, second, third = prepared([Given(content) for content in contents], Wanted((9, 9)))

    assert broken.check == DECODES
    hashes = perceptual_hashes(np.stack([reduced(Image.fromarray(one)) for one in given]))
    assert [first.phash, second.phash, third.phash] == hashes
    assert third.pixels == given[2].tobytes()


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_fine_stripes_become_grey_instead_of_a_coarse_pattern(fit):
    stripes = np.zeros((400, 400), np.uint8)
    stripes[:, ::2] = 255

    small = np.asarray(fitted(Image.fromarray(stripes), (20, 20), fit))

    assert small.min() > 110
    assert small.max() < 145


def test_the_middle_is_cropped_the_whole_is_padded_or_stretched():
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    image = Image.fromarray(wide)

    crop, pad, stretch = (np.asarray(fitted(image, (10, 10), fit)) for fit in ("crop", "pad", "stretch"))

    assert crop.min() > 150
    assert pad[0].max() == 0
    assert pad[5, 5] > 100
    assert stretch[:, 0].max() < 20
    assert stretch[:, 5].min() > 150


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_hashes_of_small_images_are_those_of_imagehash(mode):
    # Of smooth pictures, of noise and of a flat one.
    smooth = [noise(5, 4, len(mode), seed) for seed in range(20)]
    images = [Image.fromarray(one).resize((60, 50), Image.Resampling.BICUBIC) for one in smooth]
    images += [Image.fromarray(noise(33, 47, len(mode), seed)) for seed in range(20)]
    images.append(Image.new(mode, (40, 40)))

    hashes = perceptual_hashes(np.stack([reduced(image) for image in images]))

    assert hashes == [str(imagehash.phash(image)) for image in images]


def test_the_hashes_of_large_images_are_nearly_those_of_imagehash():
    smooth = [noise(5, 4, 3, seed) for seed in range(30)]
    images = [Image.fromarray(one).resize((700, 500), Image.Resampling.BICUBIC) for one in smooth]

    hashes = perceptual_hashes(np.stack([reduced(image) for image in images]))

    distances = [imagehash.hex_to_hash(one) - imagehash.phash(image) for one, image in zip(hashes, images, strict=True)]
    assert max(distances) <= 4
    assert sum(distances) / len(distances) < 1.5


def test_no_images_have_no_hashes():
    assert perceptual_hashes(np.empty((0, 32, 32), np.uint8)) == []
