"""Random numbers that belong to a sample and an epoch, whichever rank, batch or run asks for them."""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# The additive and the multiplicative constants of SplitMix64.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


class Draws:
    """Uniform numbers of each of some samples in one epoch.

    A number is a hash of the seed, the epoch, the sample's key, what it is for and its place: SplitMix64 (Steele, Lea
    and Flood 2014) as a counter-based generator. There is no state, so that nothing has to be restored after a resume.

    Args:
        seed: of the training.
        epoch: counted over all stages.
        keys: each sample's number in its split, int64 [n].
    """

    def __init__(self, seed: int, epoch: int, keys: Sequence[int] | Integers) -> None:
        self._samples = _mixed(_mixed(_word(seed)) + _word(epoch)) ^ np.asarray(keys, dtype=np.int64).view(np.uint64)
        self._samples = _mixed(self._samples)

    def __len__(self) -> int:
        return len(self._samples)

    def uniform(self, purpose: str, low: float = 0.0, high: float = 1.0) -> Floats:
        """One number a sample from [low, high), float64 [n]; another purpose has numbers of its own."""
        return low + (high - low) * self.uniforms(purpose, 1)[:, 0]

    def uniforms(self, purpose: str, width: int) -> Floats:
        """So many numbers a sample from [0, 1), float64 [n, width]."""
        streams = _mixed(self._samples ^ _named(purpose))
        places = (np.arange(1, width + 1, dtype=np.uint64)) * GOLDEN
        return (_mixed(streams[:, None] + places[None, :]) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def order(self, purpose: str) -> Words:
        """A number a sample to sort by, uint64 [n]; equal for no two keys but by a chance of 2^-64."""
        return _mixed(self._samples ^ _named(purpose))


def _word(number: int) -> Words:
    return np.asarray([number], dtype=np.int64).view(np.uint64)


@cache
def _named(purpose: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little"))


def _mixed(words: Words) -> Words:
    """SplitMix64's output function; arithmetic is modulo 2^64."""
    mixed = words + GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return mixed ^ (mixed >> np.uint64(31))
