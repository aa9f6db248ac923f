"""Which features Spark lets split each node of a tree, where not all may."""

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tidemill.validation.boosting.sampling import Uniforms

Places: TypeAlias = npt.NDArray[np.int64]
MASK_48 = 2**48 - 1
HALF_64, ALL_64 = 2**63, 2**64


def features_a_node(choice: str, features: int) -> int:
    """How many features are drawn for a node of the one tree that a step of boosting grows."""
    return {"sqrt": math.ceil(math.sqrt(features)), "onethird": math.ceil(features / 3.0)}.get(choice, features)


class Choices:
    """The features of one node after another, drawn as Spark's RandomForest.selectNodesToSplit does.

    Args:
        seed: the tree's.
        features: how many there are.
        a_node: how many are drawn.
    """

    def __init__(self, seed: int, features: int, a_node: int) -> None:
        self._state = (seed ^ 0x5DEECE66D) & MASK_48
        self._features, self._a_node = features, a_node
        self.all = a_node == features

    def of(self, nodes: int) -> Places:
        """By node, the positions of its features, in the order in which they are tried.

        Source: the reservoir of Spark's SamplingUtils (Vitter 1985, algorithm R).
        """
        chosen = np.tile(np.arange(self._a_node), (nodes, 1))
        if self.all:
            return chosen
        uniforms = Uniforms([self._next_long() for _ in range(nodes)])
        for feature in range(self._a_node, self._features):
            place = (uniforms.draw() * (feature + 1)).astype(np.int64)
            taken = np.flatnonzero(place < self._a_node)
            chosen[taken, place[taken]] = feature
        return chosen

    def _next_long(self) -> int:
        """java.util.Random.nextLong."""
        high, low = self._next_int(), self._next_int()
        return (high * 2**32 + low + HALF_64) % ALL_64 - HALF_64

    def _next_int(self) -> int:
        self._state = (self._state * 0x5DEECE66D + 0xB) & MASK_48
        bits = self._state >> 16
        return bits - 2**32 if bits >= 2**31 else bits
