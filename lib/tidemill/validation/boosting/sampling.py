"""Which rows Spark draws for each tree of a boosted model."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tidemill.validation.arrow import Numbers

Bits: TypeAlias = npt.NDArray[np.uint64]
Drawn: TypeAlias = npt.NDArray[np.bool_]
MASK_32, MASK_64 = 2**32 - 1, 2**64 - 1
FIRST_HASH = 0x3C074A61  # scala.util.hashing.MurmurHash3.arraySeed


def draws(seed: int, trees: int, sizes: Sequence[int], share: float) -> Drawn:
    """Draw rows without replacement as Spark's BaggedPoint does.

    Each tree and partition has a generator of its own, seeded by the sum of both numbers and the model's seed.

    Args:
        seed: the model's.
        trees: how many.
        sizes: the rows of each partition, in the partitions' order.
        share: of the rows to be drawn for a tree; above 0.

    Returns:
        Tree by row, the partitions' rows one after another: whether it is drawn.
    """
    if share >= 1:
        return np.ones((trees, sum(sizes)), dtype=np.bool_)
    drawn = np.empty((sum(sizes), trees), dtype=np.bool_)
    ends = np.cumsum([0, *sizes]).tolist()
    for partition, (start, end) in enumerate(pairwise(ends)):
        uniforms = Uniforms([seed + tree + partition + 1 for tree in range(trees)])
        for row in range(start, end):
            drawn[row] = uniforms.draw() < share
    return drawn.T


class Uniforms:
    """Many of Spark's XORShiftRandom side by side.

    Args:
        seeds: one each.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._state = np.array([_hashed(seed) for seed in seeds], dtype=np.uint64)

    def draw(self) -> Numbers:
        """The next number of each generator, from 0 to 1."""
        high = self._bits(26)
        return ((high << np.uint64(27)) + self._bits(27)) * 2.0**-53

    def _bits(self, count: int) -> Bits:
        self._state = _next(self._state)
        return self._state & np.uint64(2**count - 1)


def _next(state: Bits) -> Bits:
    """Marsaglia (2003), Xorshift RNGs, with the shifts 21, 35 and 4."""
    state = state ^ (state << np.uint64(21))
    state = state ^ (state >> np.uint64(35))
    return state ^ (state << np.uint64(4))


def _hashed(seed: int) -> int:
    """The state that Spark's XORShiftRandom begins with."""
    data = (seed & MASK_64).to_bytes(8, "big")
    low = _murmur(data, FIRST_HASH)
    return _murmur(data, low) << 32 | low


def _murmur(data: bytes, seed: int) -> int:
    """MurmurHash3 of 32 bits (Appleby 2011) of whole words."""
    state = seed
    for start in range(0, len(data), 4):
        word = int.from_bytes(data[start : start + 4], "little") * 0xCC9E2D51 & MASK_32
        state ^= _rotated(word, 15) * 0x1B873593 & MASK_32
        state = _rotated(state, 13) * 5 + 0xE6546B64 & MASK_32
    state ^= len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & MASK_32
    state = (state ^ state >> 13) * 0xC2B2AE35 & MASK_32
    return state ^ state >> 16


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> 32 - by) & MASK_32
