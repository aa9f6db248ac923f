"""Ways to learn a rare class, each changing only the rows that are learnt from; what brings probabilities back."""

from tidemill.estimators.imbalance.prior import PriorCorrectedModel, prior_corrected
from tidemill.estimators.imbalance.sampling import Oversampled, Undersampled
from tidemill.estimators.imbalance.smote import SmoteSampled
from tidemill.estimators.imbalance.weighting import ClassWeighted

__all__ = [
    "ClassWeighted",
    "Oversampled",
    "PriorCorrectedModel",
    "SmoteSampled",
    "Undersampled",
    "prior_corrected",
]
