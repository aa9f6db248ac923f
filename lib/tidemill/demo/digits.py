"""Handwritten digits as a scanner would leave them: a picture a file, in a folder for each digit."""

from collections import Counter
from collections.abc import Callable
from io import BytesIO
from itertools import cycle

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tidemill.demo.faults import DUPLICATE_RATE, FAULT_RATE, Delivery

DATASET = "digits"
BRIGHTEST = 16
"""The sample counts, of each 4 x 4 dots of the scan, how many are inked."""


def load_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Load the 1,797 digits of the test part of a set that 43 people wrote.

    Source: Alpaydin and Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository
    (CC BY 4.0), carried by the Python package scikit-learn (BSD).

    Returns:
        Pictures, uint8 [1797, 8, 8] from 0 to 255, and what they show, int64 [1797] from 0 to 9.
    """
    from sklearn import datasets  # noqa: PLC0415 - takes seconds

    digits = datasets.load_digits()
    return np.rint(digits.images * (255 / BRIGHTEST)).astype(np.uint8), digits.target.astype(np.int64)


def digit_files(rng: np.random.Generator) -> tuple[dict[str, bytes], list[Delivery]]:
    """Make a file for each picture, some of them broken in one way each, some copied.

    Args:
        rng: decides which.

    Returns:
        The files' bytes by name, and what they carry; copies are among what a check must find.
    """
    pictures, labels = load_digits()
    broken_count, copied_count = (round(rate * len(pictures)) for rate in (FAULT_RATE, DUPLICATE_RATE))
    picked = rng.choice(len(pictures), size=broken_count + copied_count, replace=False)
    broken = dict(zip(picked[:broken_count].tolist(), cycle(FAULTS.items()), strict=False))
    files: dict[str, bytes] = {}
    checks: Counter[str] = Counter()
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        name, content = f"{label}/{number:04}.png", png(Image.fromarray(picture))
        if number in broken:
            check, damage = broken[number]
            name, content = damage(name, content)
            checks[check.partition(":")[0]] += 1
        files[name] = content
    for number in picked[broken_count:].tolist():
        name = f"{labels[number]}/{number:04}"
        files[f"{name}_again.png"] = files[f"{name}.png"]
        checks["image.duplicate"] += 1
    return files, [Delivery(pd.DataFrame({"name": list(files)}), checks, duplicates=0)]


def png(image: Image.Image) -> bytes:
    """A picture as a PNG file."""
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _truncated(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content[: len(content) * 2 // 3]


def _text(name: str, _: bytes) -> tuple[str, bytes]:
    return name, b"The scanner was out of paper.\n"


def _coloured(name: str, content: bytes) -> tuple[str, bytes]:
    grey = Image.open(BytesIO(content))
    return name, png(Image.merge("RGB", (grey, grey, Image.new("L", grey.size, 40))))


def _small(name: str, content: bytes) -> tuple[str, bytes]:
    return name, png(Image.open(BytesIO(content)).resize((4, 4)))


def _unsorted(name: str, content: bytes) -> tuple[str, bytes]:
    return name.partition("/")[2], content


FAULTS: dict[str, Callable[[str, bytes], tuple[str, bytes]]] = {
    "image.decodes: cut off": _truncated,
    "image.decodes: a text": _text,
    "image.mode": _coloured,
    "image.size": _small,
    "image.label": _unsorted,
}
"""The ways to break a picture, by the check that must find it; taken in turn."""
