"""What a training hands over to be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from tidemill.models.settings import ModelSettings
from tidemill.registry import Trial
from tidemill.validation import Comparison


@dataclass(frozen=True)
class Evidence:
    """A trained model with the rows that it was judged on.

    Attributes:
        settings: the model's file.
        model: fitted; reads the gold table's own columns.
        trials: every candidate with its figures fold by fold.
        best: the place of the one that became the model.
        holdout: the model's predictions of rows that neither it nor the search saw, one row each, cached by the caller:
            the key, the target, the columns of `settings.features`, `label` double and `prediction` double (on the
            target's own scale); for classes `probability`, a vector.
        version: of the registered model.
        table_version: of the gold table.
        trained_at: when, with a time zone.
        out_of_fold: predictions of the training rows by the winner's fold models, with the target, `label`,
            `prediction` and for classes `probability`; none where they were not kept.
        threshold: the probability from which on a row counts as class 1; 0.5 where none was chosen.
        comparison: of this model, which comes first, with the champion so far.
        promotion: why it is, or is not, the champion now.
        confirmed: the winner's figures on each fold that the search has not seen.
        nested: the figures of what the search chooses, on each fold that it did not see.
    """

    settings: ModelSettings
    model: PipelineModel
    trials: Sequence[Trial]
    best: int
    holdout: DataFrame
    version: int
    table_version: int
    trained_at: datetime
    out_of_fold: DataFrame | None = None
    threshold: float | None = None
    comparison: Comparison | None = None
    promotion: str = ""
    confirmed: Sequence[Mapping[str, float]] = ()
    nested: Sequence[Mapping[str, float]] = ()


@dataclass(frozen=True)
class Bounds:
    """How much is computed.

    Attributes:
        rows: of the hold-out that importances and dependence are measured on, drawn by a hash of the key; about.
        repeats: shuffles of each column, where they are few rows.
        shuffled: rows in all shuffles of all columns together; above it each column is shuffled twice.
        replicates: of the bootstrap, where the hold-out is small.
        drawn: rows in all replicates together; a large hold-out gets fewer replicates, but at least 40.
        columns: whose partial dependence is computed, the most important first.
        points: of a column's dependence.
        scatter: points of a scatter plot, drawn by a hash of the key; about.
    """

    rows: int = 2000
    repeats: int = 3
    shuffled: int = 60_000
    replicates: int = 400
    drawn: int = 20_000_000
    columns: int = 6
    points: int = 10
    scatter: int = 800
