import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tidemill.formats.images.decoding import DECODES, MODE, SIZE, Fault, Wanted, decoded, quiet

COLOUR, GREY = Wanted((8, 8)), Wanted((8, 8), "L")


def saved(image, kind="PNG", **options):
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def blank(mode="RGB", size=(6, 4), colour=None):
    return Image.new(mode, size, colour or {"RGB": (9, 80, 200), "RGBA": (9, 80, 200, 255)}.get(mode, 9))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_a_file_cut_off_does_not_decode(kind):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    whole = saved(noise, kind)

    assert isinstance(decoded(whole[: len(whole) // 2], COLOUR), Fault)
    assert decoded(whole, COLOUR).size == (64, 64)


@pytest.mark.parametrize("content", [b"", b"only text, named .png", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_told_by_its_beginning(content):
    fault = decoded(content, COLOUR)

    assert fault.check == DECODES
    assert "0x" not in fault.message


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        (blank("L"), COLOUR),
        (blank("1"), COLOUR),
        (blank("P"), COLOUR),
        (blank("RGBA"), COLOUR),
        (blank("1"), GREY),
        (blank("RGB", colour=(7, 7, 7)), GREY),
        (blank("RGBA", colour=(7, 7, 7, 255)), GREY),
    ],
)
def test_an_image_that_loses_nothing_is_converted(image, wanted):
    assert decoded(saved(image), wanted).mode == wanted.mode


@pytest.mark.parametrize(
    ("image", "kind", "wanted"),
    [
        (blank("RGB"), "PNG", GREY),
        (blank("RGBA", colour=(9, 80, 200, 100)), "PNG", COLOUR),
        (blank("LA", colour=(9, 100)), "PNG", GREY),
        (blank("CMYK"), "JPEG", COLOUR),
        (blank("I;16"), "PNG", GREY),
        (blank("F"), "TIFF", GREY),
    ],
)
def test_an_image_that_would_lose_something_has_the_wrong_mode(image, kind, wanted):
    fault = decoded(saved(image, kind), wanted)

    assert (fault.check, fault.value) == (MODE, image.mode)


def test_a_palette_with_transparency_is_not_flattened():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 10, 10])

    assert decoded(saved(image, transparency=1), COLOUR).check == MODE


def test_an_animation_is_no_picture():
    frames = [blank("L", colour=shade) for shade in (1, 90, 200)]

    fault = decoded(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), GREY)

    assert (fault.check, fault.value) == (MODE, "3 frames")


def test_an_image_is_turned_as_its_exif_data_say():
    pixels = np.zeros((4, 6), np.uint8)
    pixels[0, 5] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter

    turned = decoded(saved(Image.fromarray(pixels), "PNG", exif=exif), GREY)

    assert (turned.height, turned.width) == (6, 4)
    assert np.asarray(turned)[5, 3] == 255


def test_an_image_is_at_least_as_large_as_asked_for():
    wanted = COLOUR._replace(min_size=(4, 7))

    assert decoded(saved(blank(size=(6, 4))), wanted) == Fault(SIZE, "4 x 6", "expected at least 4 x 7")
    assert decoded(saved(blank(size=(7, 4))), wanted).size == (7, 4)


def test_a_decompression_bomb_is_refused_by_its_header():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))

    with quiet():
        fault = decoded(bomb, GREY)

    assert (fault.check, fault.value) == (SIZE, "200000 x 200000")


def test_pillow_s_own_bound_is_as_it_was_afterwards():
    before = Image.MAX_IMAGE_PIXELS

    with quiet():
        assert Image.MAX_IMAGE_PIXELS is None

    assert before == Image.MAX_IMAGE_PIXELS
