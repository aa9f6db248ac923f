"""Many logistic regressions of the same few rows, fitted in one Spark job as Spark itself would fit each."""

from tidemill.validation.logistic.fitting import fit_all, fit_small
from tidemill.validation.logistic.settings import can_fit

__all__ = ["can_fit", "fit_all", "fit_small"]
