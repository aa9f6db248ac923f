"""Many logistic regressions of the same few rows in one Spark job."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.validation.logistic.fits import Fit
from tidemill.validation.logistic.settings import Columns, Settings, can_fit, columns_of, settings_of, suits
from tidemill.validation.logistic.spark_model import models_of
from tidemill.validation.logistic.task import ANSWER, FEATURES, LABEL, WEIGHT, fit_batches

# Of the features as float64: 186,000 rows of 45. A task holds some three times as much.
MOST_BYTES = 64 * 2**20


def fit_all(
    rows: DataFrame, learners: Sequence[LogisticRegression], most_bytes: int = MOST_BYTES
) -> list[LogisticRegressionModel]:
    """Fit every learner to the same rows: what `[learner.fit(rows) for learner in learners]` gives, in one job.

    The rows go to one task, which follows Spark's minimiser iterate by iterate for all learners at once. A learner
    that `can_fit` refuses, and all of them where the rows are too many, of one class alone or not valid, is fitted by
    Spark itself, so that its models, warnings and errors are Spark's.

    The models are as close to Spark's as Spark's are to each other when the same rows lie in other partitions. That is
    1e-12 as a rule; more where features are nearly collinear and L-BFGS takes very many steps, each of which enlarges
    what rounding has left. Predicted probabilities hardly show it.

    Args:
        rows: what the learners read; best cached, as one task asks for all of it.
        learners: any number.
        most_bytes: of the features as float64; where the rows have more, Spark fits them.

    Returns:
        One model a learner, in their order. One that was fitted here has no training summary, like a loaded model.
    """
    models = fit_small(rows, learners, most_bytes)
    return [models[place] if place in models else learner.fit(rows) for place, learner in enumerate(learners)]


def fit_small(
    rows: DataFrame, learners: Sequence[LogisticRegression], most_bytes: int = MOST_BYTES
) -> dict[int, LogisticRegressionModel]:
    """As `fit_all`, but what is Spark's to fit is left out.

    Returns:
        By the learner's position, its model.
    """
    places: dict[Columns, list[int]] = {}
    for place, learner in enumerate(learners):
        if can_fit(learner) and suits(rows.schema, learner):
            places.setdefault(columns_of(learner), []).append(place)
    models: dict[int, LogisticRegressionModel] = {}
    for columns, alike in places.items():
        taken = [learners[place] for place in alike]
        found = fits_of(rows, columns, [settings_of(learner) for learner in taken], most_bytes)
        if found:
            models |= zip(alike, models_of(rows.sparkSession, taken, found), strict=True)
    return models


def fits_of(
    rows: DataFrame, columns: Columns, candidates: Sequence[Settings], most_bytes: int = MOST_BYTES
) -> list[Fit]:
    """Fit every candidate in one task; no fit at all where the rows are not to be fitted so.

    Args:
        rows: with these columns.
        columns: what is read.
        candidates: at least one.
        most_bytes: of the features as float64.
    """
    weight = F.col(columns.weight).cast("double") if columns.weight else F.lit(1.0)
    read = rows.select(
        F.col(columns.features).alias(FEATURES), F.col(columns.label).cast("double").alias(LABEL), weight.alias(WEIGHT)
    )
    task = partial(fit_batches, candidates=list(candidates), most_bytes=most_bytes)
    # Not a shuffle: the order of the rows, and so every rounding, stays as it was.
    answers = read.coalesce(1).mapInArrow(task, ANSWER)
    found = answers.collect()  # one row a candidate
    return [Fit(np.array(solution[:-1]), solution[-1], objectives) for solution, objectives in found]
