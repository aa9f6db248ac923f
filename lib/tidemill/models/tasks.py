"""What differs between the kinds of model: the label and the figures."""

from collections.abc import Sequence
from functools import partial

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.models.candidates import LABEL
from tidemill.models.combining import ThresholdSettings
from tidemill.models.settings import LOG, ModelSettings
from tidemill.validation import (
    FigureEvaluator,
    binary_figures_by,
    gather_figures,
    regression_figures_by,
)
from tidemill.validation.figures import Threshold, threshold_by_cost, threshold_by_f


def label_of(settings: ModelSettings) -> Column:
    """What the learner learns: the target as a double, or its logarithm; Box-Cox's power is fitted with the learner."""
    target = F.col(settings.target.column).cast("double")
    return F.log(target) if settings.target.transform == "log" else target


def strata_of(settings: ModelSettings) -> str | None:
    """The column whose classes are spread evenly over hold-out and folds."""
    return settings.target.column if settings.task == "binary" else None


def evaluator_of(settings: ModelSettings) -> FigureEvaluator:
    """Computes the figures of `settings.figures`, of all candidates of a fold in one query."""
    of_one, of_many = partial(figures_of, settings), partial(_of_candidates, settings)
    return FigureEvaluator(of_one, settings.metric, settings.larger_is_better, of_many, figures_read(settings))


def figures_read(settings: ModelSettings) -> tuple[str, ...]:
    """The columns of predictions that the figures are computed from."""
    return (LABEL, "prediction", "probability") if settings.task == "binary" else (settings.target.column, "prediction")


def figures_of(settings: ModelSettings, predicted: DataFrame) -> dict[str, float]:
    """The figures of a set of predictions, under the names of `settings.figures`."""
    return gather_figures(figures_by(settings, predicted, ()))[()]


def chosen_threshold(how: ThresholdSettings, rows: DataFrame) -> Threshold:
    """The threshold that a model's file asks for.

    Args:
        how: by F-beta or by cost.
        rows: out-of-fold predictions: label, probability_of_1.
    """
    if how.by == "f":
        return threshold_by_f(rows, how.beta)
    return threshold_by_cost(rows, how.false_positive, how.false_negative)


def with_probability(predicted: DataFrame) -> DataFrame:
    """The predictions and `probability_of_1` double, out of the vector of probabilities."""
    return predicted.withColumn("probability_of_1", vector_to_array(F.col("probability"))[1])


def figures_by(
    settings: ModelSettings, predicted: DataFrame, by: Sequence[str], weight: str | None = None
) -> DataFrame:
    """The figures of each group of predictions: its columns, then those of `settings.figures`, and unusable long.

    Args:
        settings: the model's file.
        predicted: what the model makes of labelled rows.
        by: the columns of a group.
        weight: the column of the rows' weights; a weighted median of errors is not computed.
    """
    if settings.task == "binary":
        return binary_figures_by(with_probability(predicted), by, weight=weight)
    scales = {"": (settings.target.column, "prediction")}
    if settings.target.transform != "none":
        # Of the answers, not of what was learnt: each fold of Box-Cox has a power of its own, each model its transform.
        logs = ("_log_target", "_log_prediction")
        pairs = zip(logs, scales[""], strict=True)
        predicted = predicted.withColumns({name: F.log(F.col(column).cast("double")) for name, column in pairs})
        scales[LOG] = logs
    return regression_figures_by(predicted, by, scales, weight)


def _of_candidates(settings: ModelSettings, predicted: DataFrame, column: str) -> dict[int, dict[str, float]]:
    found = gather_figures(figures_by(settings, predicted, (column,)), (column,))
    return {value: figures for (value,), figures in found.items()}
