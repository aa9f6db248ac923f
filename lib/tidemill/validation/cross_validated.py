"""What a cross-validation leaves: the best model, every score, and predictions by models that never saw the row."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from pyspark.ml import Model, PipelineModel
from pyspark.ml.tuning import CrossValidatorModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.validation.scoring import Score


class FoldModels(NamedTuple):
    """The models that were fitted without a fold's rows, and those rows as they were given.

    Attributes:
        shared: what all candidates do first.
        own: what each candidate does then, by candidate.
        held_out: the fold's rows, not kept: they are read again where they are asked for.
    """

    shared: PipelineModel
    own: Sequence[PipelineModel]
    held_out: DataFrame


class CrossValidated(CrossValidatorModel):
    """pyspark's CrossValidatorModel with all that its validation found.

    Attributes:
        best: the position of the candidate with the best mean metric.
        scores: one for each fold and candidate.
        folds: by fold, its models.
    """

    def __init__(
        self,
        best_model: Model,
        means: Sequence[float],
        deviations: Sequence[float],
        best: int,
        scores: Sequence[Score],
        folds: Sequence[FoldModels],
    ) -> None:
        super().__init__(best_model, list(means), stdMetrics=list(deviations))
        self.best = best
        self.scores = tuple(scores)
        self.folds = tuple(folds)

    def out_of_fold(self, candidate: int | None = None) -> DataFrame:
        """Predictions of every scored row by a model that never saw it.

        Args:
            candidate: whose; the best one's where none is given.

        Returns:
            The rows as they were given to `fit`, what the candidate's stages add, and `_fold` int.
        """
        chosen = self.best if candidate is None else candidate
        predicted = [
            models.own[chosen].transform(models.shared.transform(models.held_out)).withColumn("_fold", F.lit(fold))
            for fold, models in enumerate(self.folds)
        ]
        return reduce(DataFrame.unionByName, predicted)
