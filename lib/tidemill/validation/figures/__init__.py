"""Figures of predictions, with weights, groups, thresholds, curves and intervals; Spark computes them from the rows."""

from tidemill.validation.figures.binary import (
    BinaryOptions,
    WrongFigureOptions,
    binary_figure_names,
    binary_figures,
    binary_figures_by,
)
from tidemill.validation.figures.curves import (
    TooFewPoints,
    calibration_curve,
    gain_curve,
    precision_recall_curve,
    roc_curve,
)
from tidemill.validation.figures.gathering import (
    Figures,
    UnknownFigure,
    UnusablePredictions,
    gather_figures,
    larger_is_better,
)
from tidemill.validation.figures.regression import REGRESSION_FIGURES, regression_figures, regression_figures_by
from tidemill.validation.figures.resampling import (
    BadReplicates,
    FiguresBy,
    Interval,
    NoKey,
    bootstrap,
    intervals,
    resampled,
)
from tidemill.validation.figures.thresholds import (
    Confusion,
    NoPositives,
    Threshold,
    WrongCost,
    confusion,
    threshold_by_cost,
    threshold_by_f,
)

__all__ = [
    "REGRESSION_FIGURES",
    "BadReplicates",
    "BinaryOptions",
    "Confusion",
    "Figures",
    "FiguresBy",
    "Interval",
    "NoKey",
    "NoPositives",
    "Threshold",
    "TooFewPoints",
    "UnknownFigure",
    "UnusablePredictions",
    "WrongCost",
    "WrongFigureOptions",
    "binary_figure_names",
    "binary_figures",
    "binary_figures_by",
    "bootstrap",
    "calibration_curve",
    "confusion",
    "gain_curve",
    "gather_figures",
    "intervals",
    "larger_is_better",
    "precision_recall_curve",
    "regression_figures",
    "regression_figures_by",
    "resampled",
    "roc_curve",
    "threshold_by_cost",
    "threshold_by_f",
]
