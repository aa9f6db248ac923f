"""Features of a frozen base as they are kept: in shards of row groups, a file each."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidemill.models.images.feeding.assembling import Group
from tidemill.models.images.feeding.sources import Source, class_sizes_of
from tidemill.models.images.settings import LANES

SHARD = 1024


class Shard(NamedTuple):
    """Row groups whose features are kept in one file: their numbers, and the keys from the first to before the last."""

    groups: range
    first: int
    end: int


@dataclass(frozen=True)
class CachedFeatures:
    """Features of a split, opened and checked.

    Attributes:
        folder: where they are kept.
        sizes: rows of the split in each row group.
        classes: the labels in the order of their index.
        views: how many augmented ones there are of each image; view 0 is kept where there are none.
        window: rows that a lane shuffles at a time, as in the feed of the images.
        shards: of the samples in their order.
        labels: int64, of each shard.
        values: floats [rows, width], of each view and shard.
    """

    folder: Path
    sizes: tuple[int, ...]
    classes: tuple[str, ...]
    views: int
    window: int
    shards: tuple[Shard, ...]
    labels: Sequence[NDArray[np.int64]]
    values: Mapping[int, Sequence[NDArray[np.floating[Any]]]]

    def source(self, view: int) -> Source:
        """The row groups of a view."""
        begins = np.cumsum([0, *self.sizes]).tolist()
        shard_of = [number for number, shard in enumerate(self.shards) for _ in shard.groups]

        def read(numbers: Sequence[int]) -> Generator[Group, None, None]:
            for group in numbers:
                at = shard_of[group]
                rows = slice(begins[group] - self.shards[at].first, begins[group + 1] - self.shards[at].first)
                yield Group(self.values[view][at][rows], self.labels[at][rows])

        counted = class_sizes_of(np.concatenate(self.labels), len(self.classes))
        return Source(read, self.sizes, self.classes, counted, self.values[view][0][:0], self.window)


def shards_of(sizes: Sequence[int]) -> tuple[Shard, ...]:
    """Row groups in shards of about a thousand samples; fewer where some ranks would else have nothing to do."""
    begins = np.cumsum([0, *sizes]).tolist()
    least = min(SHARD, -(-begins[-1] // LANES))
    cuts = [0]
    for group in range(1, len(sizes) + 1):
        if begins[group] - begins[cuts[-1]] >= least or group == len(sizes):
            cuts.append(group)
    return tuple(Shard(range(first, end), begins[first], begins[end]) for first, end in pairwise(cuts))
