"""What is asked of an image, in the order of the bits in which its failures are kept."""

from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidemill.contract.images import Images
from tidemill.quality.bits import long, zero

DECODES, BYTES, MODE, SIZE = "image.decodes", "image.bytes", "image.mode", "image.size"
LABEL, DUPLICATE, CLASS = "image.label", "image.duplicate", "image.class"
CHECKS = (DECODES, BYTES, MODE, SIZE, LABEL, DUPLICATE, CLASS)


class Asked(NamedTuple):
    """One check on an image: its name, what becomes of an image that fails it, and what was expected, for people."""

    name: str
    on_fail: str
    expected: str


def asked_of(images: Images) -> list[Asked]:
    """The checks on each image of a dataset; an image whose class has no other is only marked."""
    height, width = images.min_size
    expected = {
        DECODES: "an image that decodes to its end",
        BYTES: f"at most {images.max_bytes:,} bytes",
        MODE: f"an image that becomes {images.mode} without loss",
        SIZE: f"at least {height} x {width} and at most {images.max_pixels:,} pixels",
        LABEL: "a label",
        DUPLICATE: "no other image that is the same",
        CLASS: "more than one image of a class",
    }
    return [Asked(name, "warn" if name == CLASS else "quarantine", expected[name]) for name in CHECKS]


def failed_bits(checks: Column) -> Column:
    """An array of one long with a bit for each check that an array of names holds, as `failure_counts` reads it."""
    word = zero()
    for bit, name in enumerate(CHECKS):
        word = word.bitwiseOR(F.when(F.array_contains(checks, name), long(1 << bit)).otherwise(zero()))
    return F.array(word)
