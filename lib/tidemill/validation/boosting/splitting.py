"""The best split of each of some nodes, as Spark's RandomForest.binsToBestSplit chooses it.

Sums are added up in the order in which Spark adds: the rows of a partition one after another, then the partitions, then
the bins. Equal splits are common, and which of them is taken depends on how their gains were rounded.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tidemill.validation.arrow import Numbers, Unfit
from tidemill.validation.boosting.binning import Binned
from tidemill.validation.boosting.choosing import Places
from tidemill.validation.boosting.settings import Settings

# Of features times rows, and of nodes times features times bins, that are looked at at once: 8 MB an array.
AT_ONCE = 2**20
REFUSED = -float(np.finfo(np.float64).max)


class Block(NamedTuple):
    """Features that are looked at together: all of a kind.

    Attributes:
        features: their positions.
        bins: as of `Binned`, of these.
        widths: how many bins each has.
        categorical: whether the bins are put in the order of their means.
    """

    features: Places
    bins: npt.NDArray[np.int32]
    widths: Places
    categorical: bool


class Level(NamedTuple):
    """Nodes whose best splits are asked for.

    Attributes:
        parts: the rows to learn from, of each partition.
        node_of: by row, the number of its node.
        labels: by row.
        known: by node, its sums and its impurity; none for the root, whose are found.
        tried: by node, the positions of the features that may split it, in the order in which they are tried.
    """

    parts: Sequence[Places]
    node_of: Places
    labels: Numbers
    known: tuple[Numbers, Numbers] | None
    tried: Places


class Candidates(NamedTuple):
    """Of the features of a block, what each split of each node makes.

    Attributes:
        order: node by feature by place, the bins in the order in which they are split.
        left: count, sum and squares, by node, feature and place of the split's last bin on the left.
        right: the same of the other rows.
    """

    order: Places
    left: Numbers
    right: Numbers


class Best(NamedTuple):
    """The best splits of some nodes, by node.

    Attributes:
        gains: REFUSED where no split is allowed.
        features: the positions of the features that are split.
        orders: their bins in the order in which they are split.
        lasts: the places in them of the last bin on the left.
        lefts: count, sum and squares of the rows on the left.
        rights: of those on the right.
        sums: of all rows, as the choice of the splits took them.
        impurities: their variances.
    """

    gains: Numbers
    features: Places
    orders: list[Places]
    lasts: Places
    lefts: Numbers
    rights: Numbers
    sums: Numbers
    impurities: Numbers

    @classmethod
    def none(cls, level: Level, sums: Numbers, impurities: Numbers) -> Self:
        """No split of any node."""
        nodes = len(level.tried)
        numbers, places = np.zeros((2, 3, nodes)), np.zeros((2, nodes), dtype=np.int64)
        orders = [np.zeros(1, dtype=np.int64)] * nodes
        gains = np.full(nodes, REFUSED)
        return cls(gains, places[0], orders, places[1], numbers[0], numbers[1], sums.copy(), impurities)


def blocks_of(binned: Binned) -> list[Block]:
    """The features that can be split, in blocks of few enough to be looked at at once."""
    rows = binned.bins.shape[1]
    found = []
    for categorical in (False, True):
        of_kind = [
            place
            for place, width in enumerate(binned.widths)
            if width > 1 and (place in binned.categories) == categorical
        ]
        widest = int(binned.widths[of_kind].max(initial=1))
        most = max(1, AT_ONCE // max(rows, widest))
        for start in range(0, len(of_kind), most):
            places = np.array(of_kind[start : start + most])
            found.append(Block(places, binned.bins[places], binned.widths[places].astype(np.int64), categorical))
    return found


def nodes_at_once(blocks: Sequence[Block]) -> int:
    """Of how many nodes the sums are kept at a time.

    Raises:
        Unfit: the features have so many bins that those of one node are too many.
    """
    bins = sum(len(block.features) * int(block.widths.max()) for block in blocks)
    if bins > AT_ONCE:
        raise Unfit
    return AT_ONCE // bins


def best_splits(blocks: Sequence[Block], level: Level, settings: Settings, least_weight: float) -> Best:
    """The best split of each of some nodes.

    Args:
        blocks: of the features that can be split.
        level: the nodes.
        settings: what a split must satisfy.
        least_weight: and how many rows it must have on each side at least, from the share of all.
    """
    nodes = len(level.tried)
    candidates = [_candidates(block, _summed(block, level)) for block in blocks]
    found_in = {
        int(feature): (at, place) for at, block in enumerate(blocks) for place, feature in enumerate(block.features)
    }
    tried = [[feature for feature in row if feature in found_in] for row in level.tried.tolist()]
    sums, impurities = level.known or _root(candidates, [found_in[feature] for feature in tried[0]])
    features = max(found_in) + 1
    gains, lasts = np.full((nodes, features), -np.inf), np.zeros((nodes, features), dtype=np.int64)
    for block, made in zip(blocks, candidates, strict=True):
        of_splits = _gains(block, made, impurities, settings, least_weight)
        lasts[:, block.features] = of_splits.argmax(axis=2)
        gains[:, block.features] = of_splits.max(axis=2)
    best = Best.none(level, sums, impurities)
    for node in range(nodes):
        if tried[node]:
            # Of equal ones the first: within a feature, and of the features.
            chosen = tried[node][int(gains[node, tried[node]].argmax())]
            at, place = found_in[chosen]
            last = lasts[node, chosen]
            best.gains[node], best.features[node], best.lasts[node] = gains[node, chosen], chosen, last
            best.orders[node] = candidates[at].order[node, place]
            best.lefts[:, node] = candidates[at].left[:, node, place, last]
            best.rights[:, node] = candidates[at].right[:, node, place, last]
    without = [node for node in range(nodes) if not tried[node]]
    if without:
        best.sums[:, without] = _sums_of_nodes(level)[:, without]
    return best


def variances(sums: Numbers) -> Numbers:
    """The variance from count, sum and squares; 0 of no rows."""
    count, total, squares = sums
    some = count > 0
    left_over = squares - np.divide(total * total, count, out=np.zeros_like(count), where=some)
    return np.divide(left_over, count, out=np.zeros_like(count), where=some)


def _summed(block: Block, level: Level) -> Numbers:
    """Count, sum and squares of the labels, by node, feature and bin."""
    nodes, features, width = len(level.tried), len(block.features), int(block.widths.max())
    found = np.zeros((3, nodes * features * width))
    offsets = np.arange(features)[:, None] * width
    for rows in level.parts:
        keys = (block.bins.take(rows, axis=1) + offsets + level.node_of[rows] * (features * width)).ravel()
        labels = level.labels[rows]
        # bincount adds in the order of the rows.
        found[0] += np.bincount(keys, minlength=found.shape[1])
        found[1] += np.bincount(keys, np.broadcast_to(labels, (features, len(rows))).ravel(), found.shape[1])
        found[2] += np.bincount(keys, np.broadcast_to(labels * labels, (features, len(rows))).ravel(), found.shape[1])
    return found.reshape(3, nodes, features, width)


def _sums_of_nodes(level: Level) -> Numbers:
    """Count, sum and squares of the labels, by node."""
    found = np.zeros((3, len(level.tried)))
    for rows in level.parts:
        keys, labels = level.node_of[rows], level.labels[rows]
        for at, numbers in enumerate((np.ones(len(rows)), labels, labels * labels)):
            found[at] += np.bincount(keys, numbers, found.shape[1])
    return found


def _candidates(block: Block, sums: Numbers) -> Candidates:
    nodes, features, width = sums.shape[1:]
    places = np.arange(width)
    if block.categorical:
        means = np.full(sums.shape[1:], -REFUSED)
        np.divide(sums[1], sums[0], out=means, where=sums[0] > 0)
        # Beyond a feature's own bins there is nothing.
        order = np.where(places < block.widths[:, None], means, np.inf).argsort(axis=2, kind="stable")
        sums = np.take_along_axis(sums, order[None], axis=3)
    else:
        order = np.broadcast_to(places, (nodes, features, width))
    added = np.cumsum(sums, axis=3)
    left = added[..., :-1]
    return Candidates(order, left, added[..., -1:] - left)


def _root(candidates: Sequence[Candidates], tried: Sequence[tuple[int, int]]) -> tuple[Numbers, Numbers]:
    """The root's sums are those of both sides of the first split of all, added up again."""
    if not tried:
        return np.zeros((3, 1)), np.zeros(1)
    at, place = tried[0]
    sums = candidates[at].left[:, :, place, 0] + candidates[at].right[:, :, place, 0]
    return sums, variances(sums)


def _gains(
    block: Block, candidates: Candidates, impurities: Numbers, settings: Settings, least_weight: float
) -> Numbers:
    """By node, feature and split, what it takes off the impurity."""
    left, right = candidates.left, candidates.right
    both = left[0] + right[0]
    share_left = np.divide(left[0], both, out=np.zeros_like(both), where=both > 0)
    share_right = np.divide(right[0], both, out=np.zeros_like(both), where=both > 0)
    gains = impurities[:, None, None] - share_left * variances(left) - share_right * variances(right)
    fewest = max(float(settings.fewest_rows), least_weight)
    allowed = (left[0] >= fewest) & (right[0] >= fewest) & (gains >= settings.least_gain)
    gains = np.where(allowed, gains, REFUSED)
    return np.where(np.arange(left.shape[-1]) < block.widths[:, None] - 1, gains, -np.inf)
