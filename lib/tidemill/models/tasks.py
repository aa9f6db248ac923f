"""What differs between the kinds of model: the label, the stages after the learner, and the figures."""

from typing import Any, cast

from pyspark.ml import Estimator, Transformer
from pyspark.ml.feature import SQLTransformer
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.features import FEATURES, feature_stages
from tidemill.models.algorithms import ALGORITHMS
from tidemill.models.settings import LOG, ModelSettings
from tidemill.validation import Candidate, binary_figures, regression_figures

LABEL = "label"
# The prediction on the label's scale; `prediction` is on the target column's own.
PREDICTED_LABEL = "predicted_label"


def label_of(settings: ModelSettings) -> Column:
    """What the learner learns: the target as a double, or its logarithm."""
    target = F.col(settings.target.column).cast("double")
    return F.log(target) if settings.target.transform == "log" else target


def strata_of(settings: ModelSettings) -> str | None:
    """The column whose classes are spread evenly over hold-out and folds."""
    return settings.target.column if settings.task == "binary" else None


def first_stage(settings: ModelSettings) -> Transformer:
    """The stage that is fitted to nothing, applied once to all rows rather than once a candidate and fold."""
    return cast(Transformer, feature_stages(settings.features)[0])


def candidates_of(settings: ModelSettings) -> list[Candidate]:
    """Every algorithm with every combination of its grid, each the unfitted stages that follow `first_stage`."""
    before, after = feature_stages(settings.features)[1:], _closing_stages(settings)
    return [
        Candidate(
            each.algorithm, [*before, _learner(settings, each.algorithm, {**each.settings, **chosen}), *after], chosen
        )
        for each in settings.candidates
        for chosen in each.combinations()
    ]


def figures_of(settings: ModelSettings, predicted: DataFrame) -> dict[str, float]:
    """The figures of a set of predictions, under the names of `settings.figures`."""
    if settings.task == "binary":
        return binary_figures(predicted.withColumn("probability_of_1", vector_to_array(F.col("probability"))[1]))
    scales = {"": (settings.target.column, "prediction")}
    if settings.target.transform == "log":
        scales[LOG] = (LABEL, PREDICTED_LABEL)
    return regression_figures(predicted, scales)


def _learner(settings: ModelSettings, algorithm: str, parameters: dict[str, Any]) -> Estimator[Any]:
    learner = ALGORITHMS[settings.task][algorithm]()
    given = {**parameters, "featuresCol": FEATURES, "labelCol": LABEL, "seed": settings.seed}
    if settings.task == "regression":
        given["predictionCol"] = PREDICTED_LABEL
    learner._set(**{name: value for name, value in given.items() if learner.hasParam(name)})
    return learner


def _closing_stages(settings: ModelSettings) -> list[Transformer]:
    if settings.task == "binary":
        return []
    # The model gives its answer on the target's own scale, so that whoever loads it need not know the transform.
    answer = f"exp({PREDICTED_LABEL})" if settings.target.transform == "log" else PREDICTED_LABEL
    return [SQLTransformer(statement=f"select *, {answer} as prediction from __THIS__")]
