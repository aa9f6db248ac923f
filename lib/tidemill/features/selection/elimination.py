"""Recursive feature elimination (Guyon et al., Machine Learning 46, 2002) by the table's columns."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from pyspark.ml import Estimator, PipelineModel
from pyspark.sql import DataFrame

from tidemill.errors import RunFailed
from tidemill.features.names import by_column, feature_places

Weights = Callable[[PipelineModel, DataFrame], Mapping[str, float]]
Figure = Callable[[DataFrame], float]


class NoWeights(RunFailed):
    """A learner does not say what it makes of its features."""

    def __init__(self, learners: Sequence[str]) -> None:
        super().__init__(
            f"none of the stages {', '.join(learners)} has coefficients or importances of its features, by which "
            "columns could be eliminated. Give other weights, such as those of permutation_importance."
        )


class Step(NamedTuple):
    """One size of the model: its columns, and the mean and deviation of its figure over the folds."""

    columns: tuple[str, ...]
    mean: float
    deviation: float


class Elimination(NamedTuple):
    """All steps, the one with all columns first, and the position of the best."""

    steps: tuple[Step, ...]
    best: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the best step."""
        return self.steps[self.best].columns


def column_weights(model: PipelineModel, held_out: DataFrame | None = None) -> dict[str, float]:
    """What a fitted model makes of each column of the table, by its own account.

    Args:
        model: with a vector `features` and a learner that has importances (trees) or coefficients (of which the sizes
            are taken; they compare only where the features are scaled).
        held_out: not looked at.

    Returns:
        For each column the sum over its places.

    Raises:
        NoWeights: no stage has any.
    """
    places = feature_places(model)
    for stage in _learners(model):
        for name in ("featureImportances", "coefficients"):
            if hasattr(stage, name):
                return by_column(places, [abs(weight) for weight in getattr(stage, name).toArray()])
    raise NoWeights([type(stage).__name__ for stage in model.stages])


def eliminate(
    columns: Sequence[str],
    pipeline_of: Callable[[tuple[str, ...]], Estimator[Any]],
    folds: Iterable[tuple[DataFrame, DataFrame]],
    figure: Figure,
    larger_is_better: bool,
    least: int = 1,
    share: float = 0.2,
    weights: Weights = column_weights,
) -> Elimination:
    """Leave out the columns of least weight step by step, and see with how many the held-out rows are predicted best.

    The best step's figure is the best of several on the same folds, and so a little too good: judge the chosen columns
    on rows that were not in the folds.

    Args:
        columns: to start with.
        pipeline_of: makes the unfitted pipeline of some of the columns, as with `FeatureSettings.only`; fitted it must
            be a PipelineModel with the feature stages and a learner.
        folds: training and held-out rows; cached by the caller.
        figure: of a DataFrame of predictions.
        larger_is_better: whether a high figure is a good one.
        least: how many columns remain at the end.
        share: of the remaining columns, left out at each step; at least one is.
        weights: of a fitted model and its held-out rows, by column; one that it does not name weighs nothing.

    Raises:
        NoWeights: the model has none of its own, and no others are given.
    """
    pairs = list(folds)
    left = tuple(columns)
    steps = []
    while True:
        models = [cast(PipelineModel, pipeline_of(left).fit(training)) for training, _ in pairs]
        figures = [figure(model.transform(held_out)) for model, (_, held_out) in zip(models, pairs, strict=True)]
        steps.append(Step(left, statistics.fmean(figures), statistics.pstdev(figures)))
        if len(left) <= least:
            break
        said = [weights(model, held_out) for model, (_, held_out) in zip(models, pairs, strict=True)]
        left = _heavier(left, said, max(least, len(left) - max(1, int(share * len(left)))))
    means = [step.mean for step in steps]
    return Elimination(tuple(steps), means.index(max(means) if larger_is_better else min(means)))


def _heavier(columns: Sequence[str], said: Sequence[Mapping[str, float]], number: int) -> tuple[str, ...]:
    totals = {column: sum(_shares(each).get(column, 0.0) for each in said) for column in columns}
    heaviest = set(sorted(columns, key=lambda column: (-totals[column], column))[:number])
    return tuple(column for column in columns if column in heaviest)


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Of the whole, so that each fold counts alike."""
    whole = sum(abs(weight) for weight in weights.values())
    return {column: weight / whole if whole else 0.0 for column, weight in weights.items()}


def _learners(model: PipelineModel) -> list[Any]:
    """The stages from the last to the first, those of pipelines within the pipeline too."""
    found: list[Any] = []
    for stage in reversed(model.stages):
        found += _learners(stage) if isinstance(stage, PipelineModel) else [stage]
    return found
