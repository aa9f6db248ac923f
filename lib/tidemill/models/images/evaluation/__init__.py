"""What an image classifier is worth: integer counts that ranks add up, the figures they make, the worst mistakes."""

from tidemill.models.images.evaluation.counting import Counts, counted
from tidemill.models.images.evaluation.evaluating import Outcome, evaluate
from tidemill.models.images.evaluation.figures import (
    CalibrationBin,
    ClassFigures,
    calibration_of,
    class_figures_of,
    figures_of,
    interval_of,
)
from tidemill.models.images.evaluation.mistakes import Mistake

__all__ = [
    "CalibrationBin",
    "ClassFigures",
    "Counts",
    "Mistake",
    "Outcome",
    "calibration_of",
    "class_figures_of",
    "counted",
    "evaluate",
    "figures_of",
    "interval_of",
]
