"""Predictions in the form that figures are computed from, the same for every question that is asked of a model."""

from collections.abc import Sequence
from functools import partial

from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.models.candidates import LABEL
from tidemill.models.settings import LOG, ModelSettings
from tidemill.validation import binary_figures_by, regression_figures_by
from tidemill.validation.figures import FiguresBy
from tidemill.validation.figures.regression import Scales

PREDICTION = "prediction"
PROBABILITY = "probability_of_1"
LOG_TARGET, LOG_PREDICTION = "_log_target", "_log_prediction"
# Spark's own, and that of a model for which none was chosen.
USUAL_THRESHOLD = 0.5


def scorable(settings: ModelSettings, predicted: DataFrame, threshold: float) -> DataFrame:
    """The rows with what their figures read.

    Args:
        settings: the model's file.
        predicted: the target, label and prediction double; for classes probability, a vector.
        threshold: the lowest probability that counts as class 1.

    Returns:
        For classes with probability_of_1 double and prediction 1 from the threshold on; for a target that was learnt on
        another scale with the logarithms of target and prediction.
    """
    if settings.task == "binary":
        probability = vector_to_array(F.col("probability"))[1]
        said = (F.col(PROBABILITY) >= threshold).cast("double")
        return predicted.withColumn(PROBABILITY, probability).withColumn(PREDICTION, said)
    if settings.target.transform == "none":
        return predicted
    pairs = {LOG_TARGET: settings.target.column, LOG_PREDICTION: PREDICTION}
    return predicted.withColumns({name: F.log(F.col(column).cast("double")) for name, column in pairs.items()})


def figures_by(settings: ModelSettings) -> FiguresBy:
    """What computes the figures of `scorable` rows."""
    if settings.task == "binary":
        return partial(binary_figures_by, label=LABEL)
    scales: Scales = {"": (settings.target.column, PREDICTION)}
    if settings.target.transform != "none":
        scales = {**scales, LOG: (LOG_TARGET, LOG_PREDICTION)}
    return partial(regression_figures_by, scales=scales)


def answer(settings: ModelSettings) -> str:
    """The column of `scorable` rows that says most of an answer: the probability of class 1, or the prediction."""
    return PROBABILITY if settings.task == "binary" else PREDICTION


def drawn(rows: DataFrame, key: Sequence[str], bound: int, count: int, seed: int) -> DataFrame:
    """About `bound` of the `count` rows, the same ones every time, by a hash of the key."""
    if count <= bound:
        return rows
    place = F.shiftrightunsigned(F.xxhash64(F.lit(f"{seed}:evaluation"), *key), 11) * 2.0**-53
    return rows.where(place < bound / count)
