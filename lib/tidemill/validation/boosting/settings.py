"""What of a learner of boosted trees decides its fit, and whether that can be fitted here."""

from typing import Any, NamedTuple

from pyspark.ml.classification import GBTClassifier
from pyspark.ml.linalg import VectorUDT
from pyspark.ml.param import Param
from pyspark.ml.regression import GBTRegressor
from pyspark.sql.types import NumericType, StructType

Boosted = GBTClassifier | GBTRegressor
DEEPEST = 30
# Not log2, whose size hangs on how a quotient of logarithms is rounded, and no numbers.
CHOICES = ("all", "auto", "sqrt", "onethird")


class Settings(NamedTuple):
    """The parameters that growing the trees reads, under Spark's meanings.

    Attributes:
        classifies: whether the loss is the logistic one, of labels 0 and 1; else the squared error.
        trees: maxIter.
        rate: stepSize, the weight of every tree but the first.
        share: subsamplingRate, of the rows that a tree learns from.
        seed: decides which.
        depth: maxDepth.
        bins: maxBins.
        fewest_rows: minInstancesPerNode.
        least_share: minWeightFractionPerNode.
        least_gain: minInfoGain.
        choice: featureSubsetStrategy, of the features that may split a node.
        memory: maxMemoryInMB, in bytes, by which Spark decides how many nodes it looks at together.
    """

    classifies: bool
    trees: int
    rate: float
    share: float
    seed: int
    depth: int
    bins: int
    fewest_rows: int
    least_share: float
    least_gain: float
    choice: str
    memory: int


class Columns(NamedTuple):
    """The columns that a learner reads."""

    features: str
    label: str


def can_fit(learner: object) -> bool:
    """Whether a learner has boosted trees that `fit_all` grows without Spark's own.

    Not those with weights, rows to validate with, the absolute error, `leafCol`, `thresholds`, or a parameter outside
    its range, for which Spark has the error. The rows are not looked at: where they do not suit, `fit_all` itself falls
    back.

    Args:
        learner: any estimator.
    """
    if type(learner) is not GBTClassifier and type(learner) is not GBTRegressor:
        return False
    refused: list[Param[Any]] = [learner.validationIndicatorCol]
    if isinstance(learner, GBTClassifier):
        refused.append(learner.thresholds)
    set_texts = [each for each in (learner.weightCol, learner.leafCol) if learner.isDefined(each)]
    return (
        not any(learner.isDefined(each) for each in refused)
        and not any(learner.getOrDefault(each) for each in set_texts)
        and learner.getFeatureSubsetStrategy() in CHOICES
        and learner.getLossType() in ("logistic", "squared")
        and _in_range(settings_of(learner))
    )


def _in_range(settings: Settings) -> bool:
    return (
        settings.trees >= 1
        and 0 < settings.rate <= 1
        and 0 < settings.share <= 1
        and 0 <= settings.depth <= DEEPEST
        and settings.bins >= 2
        and settings.fewest_rows >= 1
        and 0 <= settings.least_share < 0.5
        and settings.least_gain >= 0
    )


def settings_of(learner: Boosted) -> Settings:
    """What decides the fit of a learner that can be fitted here."""
    return Settings(
        isinstance(learner, GBTClassifier),
        learner.getMaxIter(),
        learner.getStepSize(),
        learner.getSubsamplingRate(),
        learner.getSeed(),
        learner.getMaxDepth(),
        learner.getMaxBins(),
        learner.getMinInstancesPerNode(),
        learner.getMinWeightFractionPerNode(),
        learner.getMinInfoGain(),
        learner.getFeatureSubsetStrategy(),
        learner.getMaxMemoryInMB() * 2**20,
    )


def columns_of(learner: Boosted) -> Columns:
    """The columns that a learner reads."""
    return Columns(learner.getFeaturesCol(), learner.getLabelCol())


def suits(schema: StructType, learner: Boosted) -> bool:
    """Whether rows have what a learner reads, and no column of the name that its model will add."""
    types = {field.name: field for field in schema}
    features, label = columns_of(learner)
    outputs = [learner.getPredictionCol()]
    if isinstance(learner, GBTClassifier):
        outputs += [learner.getProbabilityCol(), learner.getRawPredictionCol()]
    return (
        features in types
        and isinstance(types[features].dataType, VectorUDT)
        and label in types
        and isinstance(types[label].dataType, NumericType)
        and not any(name in types for name in outputs)
        and _may_be_fitted(types[label].metadata, isinstance(learner, GBTClassifier))
        and categories_of(types[features].metadata) is not None
    )


def categories_of(metadata: dict[str, Any]) -> dict[int, int] | None:
    """By its position, how many values each categorical feature has.

    Args:
        metadata: of the column of features, where Spark's feature stages write what they know of each.

    Returns:
        None where a feature is nominal and it is not said of how many values.
    """
    attributes = metadata.get("ml_attr", {}).get("attrs", {})
    found = {attribute["idx"]: 2 for attribute in attributes.get("binary", ())}
    for attribute in attributes.get("nominal", ()):
        values = attribute.get("num_vals", len(attribute.get("vals", ())))
        if not values:
            return None
        found[attribute["idx"]] = values
    return found


def _may_be_fitted(metadata: dict[str, Any], classifies: bool) -> bool:
    """Whether the label's attribute, which Spark believes rather than the rows, leaves it two classes."""
    attribute = metadata.get("ml_attr", {})
    if not classifies or attribute.get("type") != "nominal":
        return True
    classes = attribute.get("num_vals", len(attribute.get("vals", ())) or None)
    return classes in (None, 2)
