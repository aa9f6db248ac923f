"""Where the samples of a split come from: row groups that can be read in any order."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.feeding.assembling import Group, Read
from tidemill.models.images.settings import LANES

# A lane shuffles so many samples at a time, fewer where the lanes together would hold more than so many bytes.
WINDOW = 1024
WINDOW_BYTES = 256 << 20
GROUP = 256


@dataclass(frozen=True)
class Source:
    """The samples of a split, by row groups.

    Attributes:
        read: the row groups of some numbers.
        sizes: rows of each.
        classes: the labels in the order of their index.
        class_sizes: how many samples each class has.
        like: values of no sample, [0, ...], for their shape and type.
        window: rows that a lane shuffles at a time.
    """

    read: Read
    sizes: tuple[int, ...]
    classes: tuple[str, ...]
    class_sizes: tuple[int, ...]
    like: NDArray[Any]
    window: int


def class_sizes_of(labels: NDArray[np.int64], classes: int) -> tuple[int, ...]:
    """How many of the labels are of each class."""
    return tuple(np.bincount(labels, minlength=classes).tolist())


def window_of(image_bytes: int) -> int:
    """The rows that a lane shuffles at a time, for images of a size."""
    return max(1, min(WINDOW, WINDOW_BYTES // (LANES * max(1, image_bytes))))


def memory_source(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: Sequence[str], groups: Sequence[int] | None = None
) -> Source:
    """Samples in memory, as if they stood in row groups of some sizes."""
    sizes = tuple(groups) if groups is not None else _equal(len(labels))
    spans = list(pairwise(np.cumsum([0, *sizes]).tolist()))

    def read(numbers: Sequence[int]) -> Generator[Group, None, None]:
        for begin, end in (spans[number] for number in numbers):
            yield Group(images[begin:end], labels[begin:end])

    counted = class_sizes_of(labels, len(classes))
    return Source(read, sizes, tuple(classes), counted, images[:0], window_of(images[:1].nbytes))


def _equal(rows: int) -> tuple[int, ...]:
    return tuple(min(GROUP, rows - begin) for begin in range(0, rows, GROUP))
