"""One regression tree of binned rows, grown level by level as Spark's RandomForest grows it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tidemill.validation.arrow import Numbers, Unfit
from tidemill.validation.boosting.binning import Binned
from tidemill.validation.boosting.choosing import Choices, Places, features_a_node
from tidemill.validation.boosting.sampling import Drawn
from tidemill.validation.boosting.settings import Settings
from tidemill.validation.boosting.splitting import (
    REFUSED,
    Best,
    Block,
    Level,
    best_splits,
    blocks_of,
    nodes_at_once,
    variances,
)
from tidemill.validation.boosting.tree import Inner, Node, Split, Sums

PURE = float(np.finfo(np.float64).eps)
SETTLED = -1
BYTES_A_BIN = 24  # as Spark reckons


class Ground(NamedTuple):
    """What all trees of the same rows grow on.

    Attributes:
        binned: the rows.
        blocks: of their features.
        partitions: each one's rows, in their order.
    """

    binned: Binned
    blocks: list[Block]
    partitions: list[Places]


class Grown(NamedTuple):
    """A tree and what it predicts for each row."""

    tree: Node
    predictions: Numbers


def ground_of(binned: Binned, sizes: Sequence[int]) -> Ground:
    """Prepare rows; those of the partitions, of these sizes, lie one after another."""
    ends = np.cumsum([0, *sizes])
    partitions = [np.arange(start, end) for start, end in pairwise(ends)]
    return Ground(binned, blocks_of(binned), partitions)


def grown(ground: Ground, labels: Numbers, drawn: Drawn, settings: Settings, seed: int) -> Grown:
    """Grow a tree.

    Args:
        ground: the rows.
        labels: by row.
        drawn: whether the tree learns from a row.
        settings: how far.
        seed: the tree's, for the choice of features.

    Raises:
        Unfit: the nodes of a level are more than Spark would look at together, and the features of each are drawn.
    """
    growth = _Growth(ground, labels, drawn, settings, seed)
    while growth.open:
        growth.grow_level()
    return Grown(growth.pruned(0), growth.predictions)


class _Growth:
    """A tree that is not ready. Nodes have numbers, the root 0; the open ones are those of the level to be split."""

    def __init__(self, ground: Ground, labels: Numbers, drawn: Drawn, settings: Settings, seed: int) -> None:
        self._ground, self._labels, self._settings = ground, labels, settings
        self._parts = [rows[drawn[rows]] for rows in ground.partitions]
        self._least_weight = settings.least_share * len(labels)
        features = len(ground.binned.widths)
        self._choices = Choices(seed, features, features_a_node(settings.choice, features))
        self._level = 0
        self._place_of = np.zeros(len(labels), dtype=np.int64)
        self.predictions = np.zeros(len(labels))
        # By node.
        self._sums = [Sums(0.0, 0.0, 0.0)]
        self._impurities = [0.0]
        self._splits: dict[int, tuple[float, Split, int]] = {}
        self.open = [0]

    def grow_level(self) -> None:
        """Split the open nodes; then those of their children are open that may be split again."""
        step = nodes_at_once(self._ground.blocks)
        tried = self._tried()
        opened: list[int] = []
        place_of = np.full_like(self._place_of, SETTLED)
        for start in range(0, len(self.open), step):
            nodes = self.open[start : start + step]
            here = (self._place_of >= start) & (self._place_of < start + step)
            best = self._best(nodes, tried[start : start + step], np.where(here, self._place_of - start, SETTLED), here)
            self._split(nodes, best, np.flatnonzero(here), self._place_of[here] - start, opened, place_of)
        # Spark takes the nodes from a stack, and draws the features of each as it takes it.
        self._place_of, self.open = np.where(place_of >= 0, len(opened) - 1 - place_of, SETTLED), opened[::-1]
        self._level += 1

    def _tried(self) -> Places:
        """By open node, the features that may split it."""
        widths = self._ground.binned.widths
        together = len(self.open) * int(widths.sum()) * BYTES_A_BIN <= self._settings.memory
        if not together and not self._choices.all:
            raise Unfit
        return self._choices.of(len(self.open))

    def _best(self, nodes: list[int], tried: Places, place_of: Places, here: Drawn) -> Best:
        parts = [rows[here[rows]] for rows in self._parts]
        known = None
        if self._level > 0:
            known = np.array([self._sums[node] for node in nodes]).T, np.array([self._impurities[at] for at in nodes])
        level = Level(parts, place_of, self._labels, known, tried)
        return best_splits(self._ground.blocks, level, self._settings, self._least_weight)

    def _split(
        self, nodes: list[int], best: Best, rows: Places, place_of: Places, opened: list[int], next_place_of: Places
    ) -> None:
        """Split some open nodes and send their rows on: to an open child, or to a prediction."""
        goes_left = np.zeros((len(nodes), max(len(order) for order in best.orders)), dtype=np.bool_)
        values, places = np.empty((2, len(nodes))), np.full((2, len(nodes)), SETTLED)
        impurities = variances(best.lefts), variances(best.rights)
        for at, node in enumerate(nodes):
            self._sums[node] = Sums(*best.sums[:, at].tolist())
            self._impurities[node] = float(best.impurities[at])
            if best.gains[at] <= 0 or self._level == self._settings.depth:
                values[:, at] = self._sums[node].mean
                if best.gains[at] == REFUSED:
                    self._impurities[node] = -1.0
                continue
            goes_left[at, best.orders[at][: best.lasts[at] + 1]] = True
            self._splits[node] = float(best.gains[at]), self._split_of(best, at), len(self._sums)
            for side, sums in enumerate((best.lefts, best.rights)):
                child, impurity = Sums(*sums[:, at].tolist()), float(impurities[side][at])
                values[side, at] = child.mean
                if self._level + 1 < self._settings.depth and abs(impurity) >= PURE:
                    places[side, at] = len(opened)
                    opened.append(len(self._sums))
                self._sums.append(child)
                self._impurities.append(impurity)
        side = 1 - goes_left[place_of, self._ground.binned.bins[best.features[place_of], rows]]
        self.predictions[rows] = values[side, place_of]
        next_place_of[rows] = places[side, place_of]

    def _split_of(self, best: Best, at: int) -> Split:
        feature, last = int(best.features[at]), int(best.lasts[at])
        binned = self._ground.binned
        if feature in binned.categories:
            left = tuple(best.orders[at][: last + 1].tolist())
            return Split(feature, 0.0, left, int(binned.widths[feature]))
        return Split(feature, float(binned.thresholds[feature][last]), (), 0)

    def pruned(self, node: int) -> Node:
        """The tree below a node; where both children are leaves of the same prediction, without them."""
        own, impurity = self._sums[node], self._impurities[node]
        if node not in self._splits:
            return Node(own.mean, own, impurity)
        gain, split, first = self._splits[node]
        left, right = self.pruned(first), self.pruned(first + 1)
        if left.inner is None and right.inner is None and left.prediction == right.prediction:
            return Node(left.prediction, own, impurity)
        return Node(own.mean, own, impurity, Inner(gain, split, left, right))
