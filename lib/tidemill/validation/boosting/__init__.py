"""Boosted trees of the same few rows, fitted in one Spark job, tree by tree and node by node as Spark itself would."""

from tidemill.validation.boosting.fitting import fit_all, fit_small
from tidemill.validation.boosting.settings import can_fit

__all__ = ["can_fit", "fit_all", "fit_small"]
