"""Nested validation: everything that is chosen is chosen inside each training part, and scored outside of it once."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from quality.problems import LABEL, Problem, with_probability
from tidemill.features import FEATURES, feature_stages
from tidemill.validation import Candidate, Search, assign_folds, cross_validate
from tidemill.validation.figures import threshold_by_f
from tidemill.validation.kept_rows import kept

OUTER, INNER = "outer", 3


@dataclass(frozen=True)
class Outcome:
    """One outer fold.

    Attributes:
        chosen: the candidate that its training part decided for.
        threshold: chosen by F1 on the training part's out-of-fold predictions; none for a number.
        figures: on the fold's rows.
    """

    chosen: str
    threshold: float | None
    figures: dict[str, float]


def outcomes(spark: SparkSession, problem: Problem, seed: int, folds: int, shuffled: bool) -> Iterator[Outcome]:
    """Tune without each outer fold in turn, and score the fold.

    The first feature stage looks at each row alone, so it is applied to all of them; every other one is fitted inside
    the training part. Folds are stratified where the target is a class.
    """
    first, *rest = feature_stages(problem.features)
    candidates = [Candidate(name, [*rest, each, *problem.closing], {}) for name, each in problem.learners.items()]
    raw = [column for column in problem.features.columns if column != problem.target]
    rows = first.transform(problem.rows(spark, shuffled).withColumn(LABEL, problem.label)).drop(*raw)
    strata = problem.target if problem.binary else None
    dealt = assign_folds(rows, [problem.key], folds, seed, strata).withColumnRenamed("fold", OUTER)
    with kept(_ordered(dealt, problem.key)) as (prepared,):
        for fold in range(folds):
            training = prepared.where(F.col(OUTER) != fold)
            inner = assign_folds(training, [problem.key], INNER, seed, strata, repeat=1 + fold)
            with kept(_ordered(inner, problem.key)) as (learnt_from,):
                needed = dict.fromkeys((FEATURES, LABEL, problem.target))
                search = cross_validate(learnt_from, candidates, INNER, problem.evaluator, tuple(needed), 2)
                yield _scored(problem, search, list(problem.learners), prepared.where(F.col(OUTER) == fold))


def _scored(problem: Problem, search: Search, names: list[str], held_out: DataFrame) -> Outcome:
    predicted = search.model.transform(held_out)
    threshold = None
    if problem.binary:
        threshold = threshold_by_f(with_probability(search.validated.out_of_fold())).value
        said = with_probability(predicted).withColumn(
            "prediction", (F.col("probability_of_1") >= threshold).cast("int")
        )
        predicted = said
    return Outcome(names[search.best], threshold, problem.figures(predicted, ())[()])


def _ordered(rows: DataFrame, key: str) -> DataFrame:
    """A few thousand rows, in one partition and an order of their own, so that sums come out alike every time."""
    return rows.coalesce(1).sortWithinPartitions(key)
