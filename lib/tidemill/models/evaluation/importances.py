"""What each column of the table is worth to a model, on a bounded number of rows of the hold-out."""

from collections.abc import Mapping

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from tidemill.features.selection import permutation_importance
from tidemill.models.evaluation.findings import Column
from tidemill.models.evaluation.predictions import figures_by, scorable
from tidemill.models.settings import ModelSettings
from tidemill.validation import gather_figures


def columns_by_worth(
    settings: ModelSettings, model: PipelineModel, rows: DataFrame, threshold: float, repeats: int
) -> tuple[Column, ...]:
    """Shuffle each column that the model reads.

    Args:
        settings: the model's file.
        model: reads the table's own columns.
        rows: the key, the target, the features' columns and label of rows that the model never saw.
        threshold: the lowest probability that counts as class 1.
        repeats: shuffles of each column.

    Returns:
        The most important first.
    """
    compute = figures_by(settings)

    def metric_by(predicted: DataFrame, column: str) -> Mapping[int, float]:
        figures = compute(scorable(settings, predicted, threshold), (column,), weight=None)
        return {place: each[settings.metric] for (place,), each in gather_figures(figures, (column,)).items()}

    found = permutation_importance(
        [(model, rows)],
        settings.features.columns,
        metric_by,
        settings.larger_is_better,
        settings.key,
        repeats,
        settings.seed,
    )
    return tuple(Column(each.column, each.mean, each.deviation) for each in found)
