"""Honest figures: a hold-out and folds that any partitioning assigns alike, metrics without collecting, a search."""

from tidemill.validation.cross_validator import CrossValidator, FigureEvaluator, Score
from tidemill.validation.metrics import binary_figures, regression_figures
from tidemill.validation.search import Candidate, Search, cross_validate
from tidemill.validation.splits import (
    HOLDOUT,
    TRAIN,
    TooFewRows,
    assign_folds,
    assign_holdout,
    holdout_cuts,
    split_by_cuts,
)

__all__ = [
    "HOLDOUT",
    "TRAIN",
    "Candidate",
    "CrossValidator",
    "FigureEvaluator",
    "Score",
    "Search",
    "TooFewRows",
    "assign_folds",
    "assign_holdout",
    "binary_figures",
    "cross_validate",
    "holdout_cuts",
    "regression_figures",
    "split_by_cuts",
]
