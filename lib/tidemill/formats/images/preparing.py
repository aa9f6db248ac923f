"""Decode a batch of images and bring them to one size."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tidemill.formats.images.decoding import Fault, Wanted, decoded, from_pixels, quiet
from tidemill.formats.images.hashing import perceptual_hashes, reduced


class Given(NamedTuple):
    """An image as bronze has it: a file's bytes, or with height and width the raw pixels of a grey image."""

    content: bytes
    height: int | None = None
    width: int | None = None


class Prepared(NamedTuple):
    """An image as silver has it.

    Attributes:
        pixels: uint8, row by row; each pixel's channels lie side by side.
        height: as delivered, turned as its EXIF data say.
        width: as `height`.
        phash: see `perceptual_hashes`.
    """

    pixels: bytes
    height: int
    width: int
    phash: str


class _Seen(NamedTuple):
    pixels: bytes
    height: int
    width: int
    reduced: NDArray[np.uint8]


def prepared(images: Sequence[Given], wanted: Wanted) -> list[Prepared | Fault]:
    """Each image decoded, in the wanted mode and size, with the hash of what it shows; or what is wrong with it."""
    with quiet():
        seen = [_seen(image, wanted) for image in images]
    good = [one for one in seen if isinstance(one, _Seen)]
    hashes = iter(perceptual_hashes(np.stack([one.reduced for one in good])) if good else ())
    return [one if isinstance(one, Fault) else Prepared(*one[:3], next(hashes)) for one in seen]


def fitted(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    """An image in another size, its smaller details averaged instead of skipped (antialiasing).

    Args:
        image: of any size.
        size: height and width.
        fit: crop, pad or stretch.
    """
    height, width = size
    if (image.height, image.width) == size:
        return image
    bicubic = Image.Resampling.BICUBIC
    if fit == "stretch":
        return image.resize((width, height), bicubic)
    return (ImageOps.fit if fit == "crop" else ImageOps.pad)(image, (width, height), bicubic)


def _seen(given: Given, wanted: Wanted) -> _Seen | Fault:
    if given.height is not None and given.width is not None:
        image = from_pixels(given.content, given.height, given.width, wanted)
    else:
        image = decoded(given.content, wanted)
    if isinstance(image, Fault):
        return image
    return _Seen(fitted(image, wanted.size, wanted.fit).tobytes(), image.height, image.width, reduced(image))
