"""What of a LogisticRegression decides its fit, and whether that can be fitted here."""

from typing import Any, NamedTuple

from pyspark.ml.classification import LogisticRegression
from pyspark.ml.linalg import VectorUDT
from pyspark.ml.param import Param
from pyspark.sql.types import NumericType, StructType

BINARY = ("auto", "binomial")


class Settings(NamedTuple):
    """The parameters that the minimiser reads, under Spark's meanings.

    Attributes:
        iterations: maxIter.
        tolerance: tol.
        l1: the L1 penalty's factor: regParam x elasticNetParam.
        l2: the L2 penalty's: the rest of regParam.
        intercept: whether there is one; it is not penalised.
        standardized: whether the penalties are on the coefficients of features of standard deviation 1.
    """

    iterations: int
    tolerance: float
    l1: float
    l2: float
    intercept: bool
    standardized: bool


class Columns(NamedTuple):
    """The columns that a learner reads; no weight where every row counts once."""

    features: str
    label: str
    weight: str | None


def can_fit(learner: object) -> bool:
    """Whether a learner is a logistic regression of two classes that `fit_all` fits without Spark's own.

    Not those of many classes, with bounds on coefficients or intercepts, with `thresholds` (`threshold` is taken), or
    with a parameter outside its range, for which Spark has the error. The rows are not looked at: where they do not
    suit, `fit_all` itself falls back.

    Args:
        learner: any estimator.
    """
    if type(learner) is not LogisticRegression:
        return False
    refused: list[Param[Any]] = [
        learner.thresholds,
        learner.lowerBoundsOnCoefficients,
        learner.upperBoundsOnCoefficients,
        learner.lowerBoundsOnIntercepts,
        learner.upperBoundsOnIntercepts,
    ]
    in_range = (
        learner.getMaxIter() >= 0
        and learner.getTol() >= 0
        and learner.getRegParam() >= 0
        and 0 <= learner.getElasticNetParam() <= 1
    )
    return in_range and learner.getFamily().lower() in BINARY and not any(learner.isDefined(each) for each in refused)


def settings_of(learner: LogisticRegression) -> Settings:
    """What decides the fit of a learner that can be fitted here."""
    strength, share = learner.getRegParam(), learner.getElasticNetParam()
    return Settings(
        learner.getMaxIter(),
        learner.getTol(),
        share * strength,
        (1.0 - share) * strength,
        learner.getFitIntercept(),
        learner.getStandardization(),
    )


def columns_of(learner: LogisticRegression) -> Columns:
    """The columns that a learner reads."""
    weight = learner.getWeightCol() if learner.isDefined(learner.weightCol) else ""
    return Columns(learner.getFeaturesCol(), learner.getLabelCol(), weight or None)


def suits(schema: StructType, learner: LogisticRegression) -> bool:
    """Whether rows have what a learner reads, and no column of the name that its model will add."""
    columns = columns_of(learner)
    types = {field.name: field for field in schema}
    numbers = [name for name in (columns.label, columns.weight) if name is not None]
    outputs = (learner.getPredictionCol(), learner.getProbabilityCol(), learner.getRawPredictionCol())
    return (
        columns.features in types
        and isinstance(types[columns.features].dataType, VectorUDT)
        and all(name in types and isinstance(types[name].dataType, NumericType) for name in numbers)
        and not any(name in types for name in outputs)
        and _may_be_binary(types[columns.label].metadata)
    )


def _may_be_binary(metadata: dict[str, Any]) -> bool:
    """Whether the label's attribute, which Spark believes rather than the rows, leaves it two classes."""
    attribute = metadata.get("ml_attr", {})
    if attribute.get("type") != "nominal":
        return True
    classes = attribute.get("num_vals", len(attribute.get("vals", ())) or None)
    return classes in (None, 2)
