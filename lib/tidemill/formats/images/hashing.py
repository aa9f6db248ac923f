"""The perceptual hash of images: 64 bits of which few change when an image is scaled, saved anew or made lighter."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dct

SIDE, KEPT = 32, 8
REDUCING_GAP = 3.0


def reduced(image: Image.Image) -> NDArray[np.uint8]:
    """What an image is hashed by: uint8 [32, 32], grey.

    A large image is first made smaller by whole numbers, which takes half the time and changes few bits.
    """
    grey = image if image.mode == "L" else image.convert("L")
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP))


def perceptual_hashes(images: NDArray[np.uint8]) -> list[str]:
    """The hashes of many images at once, as `imagehash.phash` makes them, in its hexadecimal form.

    A hash has a bit for each of the 64 lowest frequencies of the image's cosine transform: whether it is above their
    median (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010).

    Args:
        images: uint8 [n, 32, 32], from `reduced`.

    Returns:
        Sixteen digits for each.
    """
    if not len(images):
        return []
    frequencies = dct(dct(images.astype(np.float64), axis=1), axis=2)[:, :KEPT, :KEPT].reshape(len(images), -1)
    above = frequencies > np.median(frequencies, axis=1, keepdims=True)
    return [row.tobytes().hex() for row in np.packbits(above, axis=1)]
