"""Grown trees as Spark's own models."""

from collections.abc import Iterator, Sequence
from typing import Any

from pyspark.ml.classification import GBTClassificationModel, GBTClassifier
from pyspark.ml.common import _py2java
from pyspark.ml.linalg import DenseVector
from pyspark.ml.regression import GBTRegressionModel
from pyspark.sql import SparkSession

from tidemill.validation.boosting.exponential import hard_cases, jvm_exp
from tidemill.validation.boosting.settings import Boosted
from tidemill.validation.boosting.tree import Node, Split

Model = GBTClassificationModel | GBTRegressionModel
CASES = 40


def exponentials_agree(session: SparkSession) -> bool:
    """Whether the JVM's Math.exp is the one that is followed here, as it is on x86-64."""
    cases = hard_cases()[:CASES]
    java_exp = session.sparkContext._jvm.java.lang.Math.exp  # type: ignore[union-attr]
    return all(java_exp(x) == y for x, y in zip(cases.tolist(), jvm_exp(cases).tolist(), strict=True))


def models_of(
    session: SparkSession, learners: Sequence[Boosted], found: Sequence[Sequence[Node]], features: int
) -> list[Model]:
    """The models that the learners' own fits would have given.

    Spark has no public way to make a model of given trees, so its constructors are called in the JVM.

    Args:
        session: where the models live.
        learners: each gives its model its parameters.
        found: the trees of each.
        features: how many there are.
    """
    maker = _Maker(session)
    return [maker.model(learner, trees, features) for learner, trees in zip(learners, found, strict=True)]


class _Maker:
    """Makes Spark's trees. Each name on the way to a class is a call to the JVM: once for all nodes."""

    def __init__(self, session: SparkSession) -> None:
        self._context = session.sparkContext
        jvm: Any = self._context._jvm
        ml = jvm.org.apache.spark.ml
        self._slice = jvm.java.util.Arrays.copyOfRange
        self._calculator = jvm.org.apache.spark.mllib.tree.impurity.VarianceCalculator
        self._leaf, self._inner = ml.tree.LeafNode, ml.tree.InternalNode
        self._continuous, self._categorical = ml.tree.ContinuousSplit, ml.tree.CategoricalSplit
        self._tree = ml.regression.DecisionTreeRegressionModel
        self._classifier, self._regressor = ml.classification.GBTClassificationModel, ml.regression.GBTRegressionModel
        self._no_more = ml.param.ParamMap.empty()

    def model(self, learner: Boosted, trees: Sequence[Node], features: int) -> Model:
        """A learner's model."""
        learner._transfer_params_to_java()
        java: Any = learner._java_obj
        gateway: Any = self._context._gateway
        made = gateway.new_array(self._tree, len(trees))
        weights = gateway.new_array(gateway.jvm.double, len(trees))
        for place, tree in enumerate(trees):
            made[place] = java.copyValues(self._tree(self._node_of(tree), features), self._no_more)
            weights[place] = learner.getStepSize() if place else 1.0
        if isinstance(learner, GBTClassifier):
            model = self._classifier(learner.uid, made, weights, features, 2)
        else:
            model = self._regressor(learner.uid, made, weights, features)
        model = java.copyValues(model.setParent(java), self._no_more)
        return learner._copyValues(learner._create_model(model))

    def _node_of(self, tree: Node) -> Any:
        # Numbers go to the JVM as one vector, of which the nodes take their parts.
        flat = [number for node in _nodes(tree) for number in _numbers_of(node)]
        numbers = _py2java(self._context, DenseVector(flat)).values()
        return self._made(tree, numbers, 0)[0]

    def _made(self, node: Node, numbers: Any, start: int) -> tuple[Any, int]:
        """A node, and where the numbers of the next one start."""
        after = start + len(_numbers_of(node))
        calculator = self._calculator(self._slice(numbers, start, start + 3), int(node.sums.rows))
        if node.inner is None:
            return self._leaf(node.prediction, node.impurity, calculator), after
        split = self._split(node.inner.split, numbers, start + 3)
        left, after = self._made(node.inner.left, numbers, after)
        right, after = self._made(node.inner.right, numbers, after)
        made = self._inner(node.prediction, node.impurity, node.inner.gain, left, right, split, calculator)
        return made, after

    def _split(self, split: Split, numbers: Any, start: int) -> Any:
        if not split.categories:
            return self._continuous(split.feature, split.threshold)
        left = self._slice(numbers, start, start + len(split.left))
        return self._categorical(split.feature, left, split.categories)


def _nodes(tree: Node) -> Iterator[Node]:
    yield tree
    if tree.inner is not None:
        yield from _nodes(tree.inner.left)
        yield from _nodes(tree.inner.right)


def _numbers_of(node: Node) -> list[float]:
    return [*node.sums, *(node.inner.split.left if node.inner else ())]
