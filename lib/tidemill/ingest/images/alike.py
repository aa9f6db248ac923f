"""Which images look alike: perceptual hashes of which few bits differ, found without comparing each with each."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tidemill.errors import RunFailed

BITS = 64
MOST_PAIRS = 20_000_000
MOST_COMPARED = 4_000_000_000
_ONES = np.array([bin(word).count("1") for word in range(1 << 16)], np.uint8)

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


class TooMuchAlike(RunFailed):
    """So many images look alike that the distance tells nothing."""

    def __init__(self, images: int, distance: int, what: str) -> None:
        super().__init__(
            f"{images:,} different perceptual hashes and images.distance {distance} make {what}. Set a smaller "
            "distance, or duplicates: exact, in the contract."
        )


def first_alike(hashes: Hashes, distance: int, kept: int = 0) -> Places:
    """For each hash the one that it gives way to.

    A hash stays where no earlier one that stays is within the distance; else it gives way to the first such one. So no
    two that stay are within the distance, however long the chains of images that are alike.

    Args:
        hashes: uint64 [n], all different, those that come first win.
        distance: the greatest number of bits that may differ, 0 to 6.
        kept: how many, from the first, stay in any case.

    Returns:
        int64 [n]: the place of the hash that stays, its own for one that stays itself.

    Raises:
        TooMuchAlike: there are more than 20 million pairs within the distance, or four thousand million to compare.
    """
    winners = np.arange(len(hashes))
    pairs = near_pairs(hashes, distance)
    for first, second in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))].tolist():
        if second >= kept and winners[second] == second and winners[first] == first:
            winners[second] = first
    return winners


def near_pairs(hashes: Hashes, distance: int) -> Places:
    """All pairs of hashes of which at most `distance` bits differ: int64 [pairs, 2], the smaller place first.

    Two hashes that differ in at most d bits agree in at least one of d + 1 bands of bits, so that only those which do
    are compared (Manku, Jain, Sarma, Detecting Near-Duplicates for Web Crawling, 2007).
    """
    found: list[Places] = []
    pairs = compared = 0
    for band in _bands(distance):
        for left, right in _agreeing(hashes & band):
            compared += len(left)
            near = _bits(hashes[left] ^ hashes[right]) <= distance
            if near.any():
                both = np.stack([left[near], right[near]], axis=1)
                found.append(np.sort(both, axis=1))
                pairs += len(both)
            if pairs > MOST_PAIRS or compared > MOST_COMPARED:
                what = f"more than {MOST_PAIRS:,} pairs" if pairs > MOST_PAIRS else f"{MOST_COMPARED:,} comparisons"
                raise TooMuchAlike(len(hashes), distance, what)
    return np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), np.int64)


def _bands(distance: int) -> Iterator[np.uint64]:
    """Masks of d + 1 bands, which together have all bits."""
    edges = [BITS * place // (distance + 1) for place in range(distance + 2)]
    for low, high in pairwise(edges):
        yield np.uint64((1 << high) - (1 << low))


def _agreeing(keys: Hashes) -> Iterator[tuple[Places, Places]]:
    """All pairs of places with the same key, some at once: those that lie so far apart in the order of keys."""
    order = np.argsort(keys, kind="stable")
    inorder = keys[order]
    starts = np.arange(len(keys))
    offset = 1
    while len(starts := starts[starts + offset < len(keys)]):
        starts = starts[inorder[starts] == inorder[starts + offset]]
        if len(starts):
            yield order[starts], order[starts + offset]
        offset += 1


def _bits(words: Hashes) -> NDArray[np.uint8]:
    parts = words.view(np.uint16).reshape(-1, 4)
    return _ONES[parts].sum(axis=1, dtype=np.uint8)
