"""Learners beyond Spark's own: XGBoost, calibrated probabilities, ensembles, and learners for rare classes.

All are pyspark.ml stages: they go into a Pipeline, are saved and loaded with it, and predict on a stream.
"""

from tidemill.estimators.boosting import XGBoostClassifier, XGBoostRegressor
from tidemill.estimators.calibration import CalibratedClassifier, CalibratedModel
from tidemill.estimators.stacking import (
    StackingClassifier,
    StackingClassifierModel,
    StackingRegressor,
    StackingRegressorModel,
)
from tidemill.estimators.threshold import ThresholdedAnswer
from tidemill.estimators.voting import (
    VotingClassifier,
    VotingClassifierModel,
    VotingRegressor,
    VotingRegressorModel,
)

__all__ = [
    "CalibratedClassifier",
    "CalibratedModel",
    "StackingClassifier",
    "StackingClassifierModel",
    "StackingRegressor",
    "StackingRegressorModel",
    "ThresholdedAnswer",
    "VotingClassifier",
    "VotingClassifierModel",
    "VotingRegressor",
    "VotingRegressorModel",
    "XGBoostClassifier",
    "XGBoostRegressor",
]
