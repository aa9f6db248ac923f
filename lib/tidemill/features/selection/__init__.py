"""Which features are worth their place: tests, permutation importance, recursive elimination."""

from tidemill.features.selection.elimination import Elimination, NoWeights, Step, column_weights, eliminate
from tidemill.features.selection.permutation import Importance, permutation_importance
from tidemill.features.selection.univariate import NothingSelected, UnivariateSelector

__all__ = [
    "Elimination",
    "Importance",
    "NoWeights",
    "NothingSelected",
    "Step",
    "UnivariateSelector",
    "column_weights",
    "eliminate",
    "permutation_importance",
]
