"""Honest figures: folds that any partitioning assigns alike, figures without collecting, a search, a comparison."""

from tidemill.validation.comparison import Comparison, compare_folds, compare_predictions
from tidemill.validation.cross_validated import CrossValidated, FoldModels
from tidemill.validation.cross_validator import CrossValidator
from tidemill.validation.figures import (
    binary_figures,
    binary_figures_by,
    gather_figures,
    larger_is_better,
    regression_figures,
    regression_figures_by,
)
from tidemill.validation.fold_rows import WrongFolds
from tidemill.validation.folds import assign_folds, assign_grouped_folds, assign_time_folds
from tidemill.validation.kept_rows import without_plan
from tidemill.validation.scoring import FigureEvaluator, Score
from tidemill.validation.search import Candidate, Search, cross_validate
from tidemill.validation.splits import (
    HOLDOUT,
    TRAIN,
    TooFewRows,
    assign_holdout,
    holdout_cuts,
    split_by_cuts,
)

__all__ = [
    "HOLDOUT",
    "TRAIN",
    "Candidate",
    "Comparison",
    "CrossValidated",
    "CrossValidator",
    "FigureEvaluator",
    "FoldModels",
    "Score",
    "Search",
    "TooFewRows",
    "WrongFolds",
    "assign_folds",
    "assign_grouped_folds",
    "assign_holdout",
    "assign_time_folds",
    "binary_figures",
    "binary_figures_by",
    "compare_folds",
    "compare_predictions",
    "cross_validate",
    "gather_figures",
    "holdout_cuts",
    "larger_is_better",
    "regression_figures",
    "regression_figures_by",
    "split_by_cuts",
    "without_plan",
]
