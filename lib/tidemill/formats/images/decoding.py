"""Decode one image from its bytes, or say what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
OF_PAGES = ("PNG", "WEBP", "GIF", "TIFF")
DECODES, MODE, SIZE = "image.decodes", "image.mode", "image.size"


class Wanted(NamedTuple):
    """What images become.

    Attributes:
        size: height and width.
        mode: RGB or L.
        fit: crop, pad or stretch.
        min_size: height and width that an image must have as delivered.
        max_pixels: that an image may have as delivered.
    """

    size: tuple[int, int]
    mode: str = "RGB"
    fit: str = "crop"
    min_size: tuple[int, int] = (1, 1)
    max_pixels: int = 50_000_000


class Fault(NamedTuple):
    """What is wrong with an image: the check that it fails, what was found, and a sentence."""

    check: str
    value: str | None
    message: str


@contextmanager
def quiet() -> Iterator[None]:
    """Within this block Pillow neither warns nor has a bound of its own: every image is held to `Wanted.max_pixels`."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with catch_warnings():
            simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def decoded(content: bytes, wanted: Wanted) -> Image.Image | Fault:
    """An image as it is to be seen: turned as its EXIF data say, in the wanted mode, in its own size.

    Its header alone is read before it is known not to have too many pixels.
    """
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
        width, height = image.size
        if width * height > wanted.max_pixels:
            return Fault(SIZE, f"{height} x {width}", f"expected at most {wanted.max_pixels:,} pixels")
        if image.format in OF_PAGES and getattr(image, "n_frames", 1) > 1:
            return Fault(MODE, f"{getattr(image, 'n_frames', 0)} frames", "expected one picture, not several")
        ImageOps.exif_transpose(image, in_place=True)
        return _checked(image, wanted)
    # A decoder that meets damaged bytes may raise anything.
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        if reason.startswith("cannot identify image file"):
            reason = f"it begins with {content[:12]!r}"
        expected = f"expected one of {', '.join(FORMATS)} to its end"
        return Fault(DECODES, None, f"{expected}: {reason or type(error).__name__}")


def from_pixels(content: bytes, height: int, width: int, wanted: Wanted) -> Image.Image | Fault:
    """A grey image from its raw pixels, row by row."""
    return _checked(Image.frombuffer("L", (width, height), content, "raw", "L", 0, 1), wanted)


def _checked(image: Image.Image, wanted: Wanted) -> Image.Image | Fault:
    height, width = wanted.min_size
    if image.height < height or image.width < width:
        return Fault(SIZE, f"{image.height} x {image.width}", f"expected at least {height} x {width}")
    given = image.mode
    converted = _grey(image) if wanted.mode == "L" else _colour(image)
    if converted is None:
        reason = "nothing that becomes it without loss"
        return Fault(MODE, given, f"expected {wanted.mode}, got {given}, {reason}")
    converted.load()
    return converted


def _colour(image: Image.Image) -> Image.Image | None:
    """In red, green and blue, or None where something would be lost."""
    if image.mode == "RGB":
        return image if "transparency" not in image.info else _opaque(image)
    if image.mode in ("1", "L", "P") and "transparency" not in image.info:
        return image.convert("RGB")
    return _opaque(image) if image.mode in ("L", "P", "LA", "PA", "RGBA") else None


def _opaque(image: Image.Image) -> Image.Image | None:
    seen = image.convert("RGBA")
    return seen.convert("RGB") if seen.getchannel("A").getextrema() == (255, 255) else None


def _grey(image: Image.Image) -> Image.Image | None:
    """In shades of grey, or None where there is a colour in it."""
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return image if image.mode == "L" else image.convert("L")
    coloured = _colour(image)
    if coloured is None:
        return None
    pixels = np.asarray(coloured)
    same = (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
    return coloured.getchannel(0) if same else None
