"""What a trained model is worth, as plain numbers: figures, curves, importances, dependence, segments, residuals."""

from tidemill.models.evaluation.classes import CalibrationBin, Classes, Curve
from tidemill.models.evaluation.evidence import Bounds, Evidence
from tidemill.models.evaluation.findings import (
    CandidateFigures,
    Column,
    Dependence,
    Figure,
    Findings,
    Segment,
    Subject,
)
from tidemill.models.evaluation.gathering import NothingHeldOut, findings_of
from tidemill.models.evaluation.residuals import ErrorBin, Residuals

__all__ = [
    "Bounds",
    "CalibrationBin",
    "CandidateFigures",
    "Classes",
    "Column",
    "Curve",
    "Dependence",
    "ErrorBin",
    "Evidence",
    "Figure",
    "Findings",
    "NothingHeldOut",
    "Residuals",
    "Segment",
    "Subject",
    "findings_of",
]
