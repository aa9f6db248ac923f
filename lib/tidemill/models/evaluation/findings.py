"""The findings on a model: plain numbers and texts, for a page and for the registry."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tidemill.models.evaluation.classes import Classes
from tidemill.models.evaluation.residuals import Residuals


@dataclass(frozen=True)
class Subject:
    """Which model was judged, and on what.

    Attributes:
        name: the model's.
        version: the registered one.
        task: what kind of answer it gives.
        target: the column that it predicts.
        transform: of the target while learning.
        table: that it was trained on.
        table_version: that it was trained on.
        trained_at: ISO 8601.
        metric: what the candidates were chosen by.
        larger_is_better: whether more of the metric is better.
        rows: of the hold-out.
        sampled: rows of the hold-out that importances and dependence were measured on.
        replicates: that the intervals rest on.
    """

    name: str
    version: int
    task: Literal["binary", "regression"]
    target: str
    transform: str
    table: str
    table_version: int
    trained_at: str
    metric: str
    larger_is_better: bool
    rows: int
    sampled: int
    replicates: int


@dataclass(frozen=True)
class Figure:
    """A figure on the hold-out with the ends of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CandidateFigures:
    """A candidate: its algorithm, what the grid chose for it, its figures in each fold, on what share of the rows."""

    algorithm: str
    parameters: Mapping[str, Any]
    folds: tuple[Mapping[str, float], ...]
    mean: Mapping[str, float]
    deviation: Mapping[str, float]
    share: float = 1.0


@dataclass(frozen=True)
class Column:
    """What a column is worth: how much worse the metric gets when its values are shuffled, over the repetitions."""

    name: str
    loss: float
    deviation: float


@dataclass(frozen=True)
class Dependence:
    """The mean answer when a column has a value in all rows, all else as it is (Friedman 2001).

    Attributes:
        column: of the table.
        numeric: whether its values are numbers, in order; else levels, the most frequent first.
        values: a missing level is None.
        answers: for classes mean probabilities of class 1, else mean predictions.
    """

    column: str
    numeric: bool
    values: tuple[float | str | None, ...]
    answers: tuple[float, ...]


@dataclass(frozen=True)
class Segment:
    """Rows that have something in common.

    Attributes:
        column: of the table.
        level: its value, or a quarter of its values in words.
        rows: how many.
        error: of classes the share of wrong answers; of numbers the mean size of the error, as a share of the actual
            value where the target was learnt on another scale, else in its unit.
        far: by how many standard errors that lies above the error of all rows.
        actual: the mean of the target.
        predicted: the mean of the prediction; of classes of the probability.
    """

    column: str
    level: str
    rows: int
    error: float
    far: float
    actual: float
    predicted: float


@dataclass(frozen=True)
class Findings:
    """All that a report tells.

    Attributes:
        subject: the model.
        holdout: figures on the hold-out, by name; for classes at the threshold.
        out_of_fold: the same figures on the winner's out-of-fold predictions, taken together; empty where unknown.
        candidates: in the order in which they were tried.
        best: the place of the winner.
        columns: all that the model reads, the most important first.
        dependences: of the most important columns.
        error: of all rows, as a segment's.
        segments: that have enough rows, the worst first.
        classes: of a model of two classes.
        residuals: of a model of a number.
        comparison: with the champion so far, in words.
        better: whether this model is better than that one; None where that could not be shown.
        promotion: why it is, or is not, the champion now.
        confirmed: the winner's figures on each fold that the search has not seen.
        nested: the figures of what the search chooses, on each fold that it did not see.
    """

    subject: Subject
    holdout: Mapping[str, Figure]
    out_of_fold: Mapping[str, float]
    candidates: tuple[CandidateFigures, ...]
    best: int
    columns: tuple[Column, ...]
    dependences: tuple[Dependence, ...]
    error: float
    segments: tuple[Segment, ...]
    classes: Classes | None = None
    residuals: Residuals | None = None
    comparison: str = ""
    better: bool | None = None
    promotion: str = ""
    confirmed: tuple[Mapping[str, float], ...] = ()
    nested: tuple[Mapping[str, float], ...] = ()

    @property
    def winner(self) -> CandidateFigures:
        """The candidate that became the model."""
        return self.candidates[self.best]

    def to_dict(self) -> dict[str, Any]:
        """As JSON knows it: a number that is none, or infinite, is null."""
        found: dict[str, Any] = _jsonable(asdict(self))
        return found


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _jsonable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
