"""Boosted trees of the same few rows in one Spark job."""

from collections.abc import Mapping, Sequence
from functools import partial

from pyspark.ml.classification import GBTClassifier
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.validation.boosting.settings import (
    Boosted,
    Columns,
    Settings,
    can_fit,
    categories_of,
    columns_of,
    settings_of,
    suits,
)
from tidemill.validation.boosting.spark_model import Model, exponentials_agree, models_of
from tidemill.validation.boosting.task import ANSWER, FEATURES, LABEL, PARTITION, fit_batches
from tidemill.validation.boosting.tree import Node, from_text

# Of the features as float64: 10,000 rows of 400. A task holds some three times as much, and 200 MB for sums.
MOST_BYTES = 32 * 2**20


def fit_all(rows: DataFrame, learners: Sequence[Boosted], most_bytes: int = MOST_BYTES) -> list[Model]:
    """Fit every learner to the same rows: what `[learner.fit(rows) for learner in learners]` gives, in one job.

    The rows go to one task, which does what Spark does for each level of each tree in a job of its own: it takes the
    same candidate splits, adds up in the same order, draws the same rows. The trees are Spark's to the last bit where
    the rows lie in partitions that stay as they are. A learner that `can_fit` refuses, and all of them where the rows
    are too many or not valid, is fitted by Spark itself, so that its models, warnings and errors are Spark's.

    Args:
        rows: what the learners read; best cached, as one task asks for all of it.
        learners: any number.
        most_bytes: of the features as float64; where the rows have more, Spark fits them. It does so too beyond 10,000
            rows, or the square of maxBins where that is more, of which it looks at a sample.

    Returns:
        One model a learner, in their order.
    """
    models = fit_small(rows, learners, most_bytes)
    return [models[place] if place in models else learner.fit(rows) for place, learner in enumerate(learners)]


def fit_small(rows: DataFrame, learners: Sequence[Boosted], most_bytes: int = MOST_BYTES) -> dict[int, Model]:
    """As `fit_all`, but what is Spark's to fit is left out.

    Returns:
        By the learner's position, its model.
    """
    places: dict[Columns, list[int]] = {}
    for place, learner in enumerate(learners):
        if can_fit(learner) and suits(rows.schema, learner) and _same_numbers(rows.sparkSession, learner):
            places.setdefault(columns_of(learner), []).append(place)
    models: dict[int, Model] = {}
    for columns, alike in places.items():
        taken = [learners[place] for place in alike]
        width, found = trees_of(rows, columns, [settings_of(learner) for learner in taken], most_bytes)
        made = models_of(rows.sparkSession, [taken[at] for at in found], list(found.values()), width)
        models |= zip((alike[at] for at in found), made, strict=True)
    return models


def _same_numbers(session: SparkSession, learner: Boosted) -> bool:
    # The squared error has no exponential.
    return not isinstance(learner, GBTClassifier) or exponentials_agree(session)


def trees_of(
    rows: DataFrame, columns: Columns, models: Sequence[Settings], most_bytes: int = MOST_BYTES
) -> tuple[int, dict[int, list[Node]]]:
    """Grow the trees of every model in one task.

    Args:
        rows: with these columns.
        columns: what is read.
        models: at least one.
        most_bytes: of the features as float64.

    Returns:
        How many features there are, and by the model's position its trees; what is Spark's to fit is left out.
    """
    read = rows.select(
        F.col(columns.features).alias(FEATURES),
        F.col(columns.label).cast("double").alias(LABEL),
        F.spark_partition_id().alias(PARTITION),
    )
    categories: Mapping[int, int] = categories_of(rows.schema[columns.features].metadata) or {}
    task = partial(fit_batches, models=list(models), categories=categories, most_bytes=most_bytes)
    # Not a shuffle: the rows of a partition stay in their order, and each says which is its own.
    answers = read.coalesce(1).mapInArrow(task, ANSWER).collect()  # one row a model
    grown = {place: from_text(answer.trees) for place, answer in enumerate(answers) if answer.trees}
    return (answers[0].features if answers else 0), grown
