"""Scores of training rows by models that did not see them."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

from pyspark.ml import Estimator, Transformer
from pyspark.ml.param import Params, TypeConverters
from pyspark.ml.param.shared import HasParallelism
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RunFailed
from tidemill.estimators.classes import TooFewOfAClass
from tidemill.estimators.keeping import at_once
from tidemill.estimators.members import applied
from tidemill.estimators.parameters import LearnsFromColumns, param, whole

INNER_FOLD = "_inner_fold"
MOST_FOLDS = 100


class UnusableFolds(RunFailed):
    """The inner folds cannot be used."""

    def __init__(self, stage: str, column: str, found: str) -> None:
        super().__init__(
            f"{stage}: {found} in '{column}', but the rows to learn from need 2 to {MOST_FOLDS} folds, none null. "
            "Name another foldCol, or name none for folds by hash."
        )


class NothingToHash(RunFailed):
    """Folds by hash need a column that does not exist."""

    def __init__(self, stage: str, column: str) -> None:
        super().__init__(f"{stage} makes its folds by hash of '{column}', which is no column. Give keyCols or foldCol.")


class MakesInnerFolds(LearnsFromColumns, HasParallelism):
    """A learner that fits others without each fold of its own training rows in turn.

    Where neither `foldCol` nor `keyCols` is given the folds go by a hash of the features, so that equal rows share a
    fold whatever the partitioning.
    """

    foldCol = param("foldCol", "int column of folds; without it they go by hash", TypeConverters.toString)  # noqa: N815
    keyCols = param("keyCols", "columns that the folds' hash is made of", TypeConverters.toListString)  # noqa: N815
    folds = param("folds", "number of folds by hash", whole(2, MOST_FOLDS))

    def fold_column(self) -> Column:
        """The fold of a row."""
        if self.isDefined("foldCol"):
            return F.col(self.getOrDefault("foldCol"))
        hashed = F.xxhash64(F.lit(f"{self.getSeed()}:inner fold"), *self._hashed())
        return F.pmod(hashed, F.lit(self.getOrDefault("folds"))).cast("int")

    def folded(self, rows: DataFrame, by_class: bool) -> tuple[DataFrame, list[Any]]:
        """The rows with their inner folds, and the folds that there are.

        Args:
            rows: to learn from.
            by_class: whether every fold must leave both classes to the others.

        Raises:
            UnusableFolds: there are too few, too many, or some rows have none.
            TooFewOfAClass: a class has fewer rows than there are folds, or all of its rows in one.
            NothingToHash: folds go by hash of a column that does not exist.
        """
        stage, column = type(self).__name__, self.getOrDefault("foldCol") if self.isDefined("foldCol") else "a hash"
        missing = [name for name in self._hashed() if name not in rows.columns]
        if missing and not self.isDefined("foldCol"):
            raise NothingToHash(stage, missing[0])
        made = rows.withColumn(INNER_FOLD, self.fold_column())
        of_class = F.col(self.getLabelCol()) if by_class else F.lit(0)
        # At most one row a fold and class: a column of keys, named by mistake, stops at the limit.
        counts = made.groupBy(INNER_FOLD, of_class.alias("class")).count().limit(3 * MOST_FOLDS).collect()
        folds = sorted({row[INNER_FOLD] for row in counts if row[INNER_FOLD] is not None})
        if any(row[INNER_FOLD] is None for row in counts):
            raise UnusableFolds(stage, column, "a row without a fold")
        if not 2 <= len(folds) <= MOST_FOLDS:
            raise UnusableFolds(stage, column, f"{len(folds)} folds")
        for name in {row["class"] for row in counts}:
            of_name = [row["count"] for row in counts if row["class"] == name]
            if sum(of_name) < len(folds) or len(of_name) < 2:
                why = "one for each fold and in two of them at least"
                raise TooFewOfAClass(stage, self.getLabelCol(), int(name), sum(of_name), len(folds), why)
        return made, folds

    def _hashed(self) -> list[str]:
        return list(self.getOrDefault("keyCols")) if self.isDefined("keyCols") else [self.getFeaturesCol()]


class OutOfFold(NamedTuple):
    """What fitting learners with and without each fold gives.

    Attributes:
        models: each learner, fitted on all rows.
        scores: the rows, and for each learner its score by the model that did not see the row, named by `score_names`.
    """

    models: list[Transformer]
    scores: DataFrame


def out_of_fold(
    stage: MakesInnerFolds,
    rows: DataFrame,
    by_class: bool,
    learners: Sequence[Estimator[Any]],
    answer: Callable[[Transformer], Column],
) -> OutOfFold:
    """Fit each learner on all rows and without each fold, and score each row with the models that did not see it.

    That is one fit more than there are folds for each learner, all of them independent and so many at once as the
    stage's `parallelism` says.

    Args:
        stage: makes the folds.
        rows: to learn from; kept by the caller.
        by_class: whether the label is a class.
        learners: with their columns.
        answer: the score of a fitted learner.
    """
    folded, folds = stage.folded(rows, by_class)

    def fit(job: tuple[int, Any]) -> Transformer:
        place, fold = job
        seen = folded if fold is None else folded.where(F.col(INNER_FOLD) != fold)
        fitted: Transformer = learners[place].fit(seen.drop(INNER_FOLD))
        return fitted

    jobs = [(place, fold) for fold in (*folds, None) for place in range(len(learners))]
    models = dict(zip(jobs, at_once(fit, jobs, stage.getParallelism()), strict=True))
    parts = []
    for fold in folds:
        of_fold = [models[place, fold] for place in range(len(learners))]
        of_rows = folded.where(F.col(INNER_FOLD) == fold).drop(INNER_FOLD)
        parts.append(scored(of_rows, of_fold, answer, score_names(stage, len(learners))))
    on_all = [models[place, None] for place in range(len(learners))]
    return OutOfFold(on_all, reduce(DataFrame.unionByName, parts))


def scored(
    rows: DataFrame, models: Sequence[Transformer], answer: Callable[[Transformer], Column], names: Sequence[str]
) -> DataFrame:
    """The rows with each model's answer in turn, under these names."""
    for name, model in zip(names, models, strict=True):
        rows = applied(model, rows, {name: answer(model)})
    return rows


def score_names(stage: Params, learners: int) -> list[str]:
    """Columns for the scores of a stage's learners, which no stage inside or around it uses."""
    return [f"_{stage.uid}_{place}" for place in range(learners)]
