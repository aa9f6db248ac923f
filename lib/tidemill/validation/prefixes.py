"""Boosted trees that differ in their number alone: one fit of the longest gives them all.

A boosted model adds one tree after another, and none depends on those that follow: the first ten trees of a model of
fifty are the model of ten. Source: Friedman (2001), Greedy function approximation; Spark seeds each tree by its number.
"""

from collections.abc import Hashable, Sequence
from typing import Any, cast

from pyspark import SparkContext
from pyspark.ml import Estimator, PipelineModel, Transformer
from pyspark.ml.classification import GBTClassificationModel, GBTClassifier
from pyspark.ml.regression import GBTRegressor
from pyspark.ml.wrapper import JavaWrapper

Stage = Estimator[Any] | Transformer
BOOSTED = (GBTClassifier, GBTRegressor)


def families(candidates: Sequence[Sequence[Stage]]) -> list[list[int]]:
    """Group candidates that one fit can serve.

    Args:
        candidates: the stages of each, unfitted, with their parameters set.

    Returns:
        The candidates' positions, each family's candidate with the most trees first; most are families of one.
    """
    found: dict[Hashable, list[int]] = {}
    for place, stages in enumerate(candidates):
        found.setdefault(_but_for_trees(stages), []).append(place)
    return [sorted(places, key=lambda place: -_trees(candidates[place])) for places in found.values()]


def with_first_trees(fitted: PipelineModel, stages: Sequence[Stage]) -> PipelineModel:
    """The model of a candidate, out of the fit of a member of its family with as many trees or more.

    Args:
        fitted: the member's stages, fitted.
        stages: the candidate's, unfitted.
    """
    pairs = zip(fitted.stages, stages, strict=True)
    return PipelineModel([_cut(model, stage) if isinstance(stage, BOOSTED) else model for model, stage in pairs])


def _cut(model: Any, learner: Any) -> Any:
    grown, wanted = list(model._java_obj.trees()), learner.getMaxIter()
    if len(grown) <= wanted:
        return model
    gateway = cast(Any, SparkContext._active_spark_context)._gateway
    trees = gateway.new_array(gateway.jvm.org.apache.spark.ml.regression.DecisionTreeRegressionModel, wanted)
    weights = gateway.new_array(gateway.jvm.double, wanted)
    for place, weight in enumerate(model.treeWeights[:wanted]):
        trees[place], weights[place] = grown[place], weight
    classes = [model.numClasses] if isinstance(model, GBTClassificationModel) else []
    # Spark keeps these constructors to itself; pyspark has no other way to make a model of trees that are there.
    java = JavaWrapper._new_java_obj(
        model._java_obj.getClass().getName(), model.uid, trees, weights, model.numFeatures, *classes
    )
    shorter = model._copyValues(type(model)(java))
    return shorter._set(maxIter=wanted)


def _trees(stages: Sequence[Stage]) -> int:
    return sum(stage.getMaxIter() for stage in stages if isinstance(stage, BOOSTED))


def _but_for_trees(stages: Sequence[Stage]) -> Hashable:
    """What a fit depends on, its number of trees left out where a longer model begins with a shorter one."""
    boosted = [stage for stage in stages if isinstance(stage, BOOSTED)]
    # Rows set aside for validation may end the boosting early.
    prefixed = len(boosted) == 1 and not boosted[0].isDefined("validationIndicatorCol")
    return tuple(
        (stage.uid, _parameters(stage, but="maxIter" if prefixed and stage is boosted[0] else "")) for stage in stages
    )


def _parameters(stage: Stage, but: str) -> Hashable:
    given = stage.extractParamMap().items()
    return tuple(sorted((param.name, repr(value)) for param, value in given if param.name != but))
