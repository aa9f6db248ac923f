"""A grown regression tree, and its way from the task to the driver."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Split(NamedTuple):
    """What sends a row to the left child.

    Attributes:
        feature: its position.
        threshold: values up to it go left; of no meaning for a categorical feature.
        left: the categories that go left, in the order of their means.
        categories: how many the feature has; 0 where it is none.
    """

    feature: int
    threshold: float
    left: tuple[int, ...]
    categories: int


class Sums(NamedTuple):
    """Of the labels of a node's rows: their number, sum and sum of squares."""

    rows: float
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """What a node of these rows predicts."""
        return self.total / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Inner:
    """What an inner node has beside its sums and impurity."""

    gain: float
    split: Split
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Node:
    """A node; a leaf where there is no inner.

    Attributes:
        prediction: of its rows.
        sums: of their labels.
        impurity: the labels' variance; -1 where no split of them was allowed, as Spark has it.
        inner: its split and children.
    """

    prediction: float
    sums: Sums
    impurity: float
    inner: Inner | None = None


def as_text(trees: Sequence[Node]) -> str:
    """Trees as JSON, which keeps every bit of a float."""
    return json.dumps([_as_list(tree) for tree in trees])


def from_text(text: str) -> list[Node]:
    """The trees that `as_text` wrote."""
    return [_from_list(tree) for tree in json.loads(text)]


def _as_list(node: Node) -> list[Any]:
    own = [node.prediction, node.sums, node.impurity]
    if node.inner is None:
        return own
    gain, split, left, right = node.inner.gain, node.inner.split, node.inner.left, node.inner.right
    return [*own, gain, split, _as_list(left), _as_list(right)]


def _from_list(given: list[Any]) -> Node:
    prediction, sums, impurity, *rest = given
    if not rest:
        return Node(prediction, Sums(*sums), impurity)
    gain, (feature, threshold, categories_left, categories), left, right = rest
    split = Split(feature, threshold, tuple(categories_left), categories)
    return Node(prediction, Sums(*sums), impurity, Inner(gain, split, _from_list(left), _from_list(right)))
