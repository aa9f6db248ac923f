"""From a frame of figures, one row a group, to numbers on the driver."""

import math
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame

from tidemill.errors import RequestWrong, RunFailed, suggestion

Figures = dict[str, float]

UNUSABLE = "unusable"
_SMALLER = ("mse", "rmse", "mae", "mape", "median_ae", "log_loss", "brier", "ece")


class UnusablePredictions(RunFailed):
    """Some predictions cannot be scored."""

    def __init__(self, rows: int, group: str = "") -> None:
        of = f" of {group}" if group else ""
        super().__init__(
            f"{rows} predictions{of} cannot be scored: expected labels and predictions that are numbers (0 or 1 for "
            "classes), probabilities from 0 to 1 and weights that are not negative, none missing. Leave rows without a "
            "label out, and look for missing values in what the model predicted."
        )


class UnknownFigure(RequestWrong):
    """A figure is asked for that is not computed."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no figure '{name}' of these predictions. {suggestion(name, known)}")


def gather_figures(figures: DataFrame, by: Sequence[str] = ()) -> dict[tuple[Any, ...], Figures]:
    """Run the query of `binary_figures_by` or `regression_figures_by` and bring its figures to the driver.

    Args:
        figures: one row a group, so its bound is the number of groups.
        by: the columns of a group.

    Returns:
        For each group, named by its values in the order of `by`, the figures; one that has no value is not a number.

    Raises:
        UnusablePredictions: a group has rows that cannot be scored.
    """
    found = {}
    for row in figures.collect():
        named = row.asDict()
        group = tuple(named.pop(name) for name in by)
        if named[UNUSABLE]:
            told = ", ".join(f"{name} {value}" for name, value in zip(by, group, strict=True))
            raise UnusablePredictions(named[UNUSABLE], told)
        del named[UNUSABLE]
        found[group] = {name: math.nan if value is None else float(value) for name, value in named.items()}
    return found


def larger_is_better(figure: str) -> bool:
    """Whether a model with more of this figure is the better one; errors, with any scale's ending, are not so."""
    return not any(figure == name or figure.startswith(f"{name}_") for name in _SMALLER)
