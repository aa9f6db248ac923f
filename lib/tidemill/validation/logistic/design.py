"""The rows of a fit as one matrix, standardised as Spark does it."""

from typing import NamedTuple

import numpy as np

from tidemill.validation.logistic.points import Numbers


class Rows(NamedTuple):
    """Rows to learn from.

    Attributes:
        features: float64, one row each.
        labels: 0.0 or 1.0, one each; both are there.
        weights: above 0, one each.
    """

    features: Numbers
    labels: Numbers
    weights: Numbers


class Design(NamedTuple):
    """The standardised rows.

    Attributes:
        matrix: one row each; one column a feature, of mean 0 and standard deviation 1, or all 0 where the feature is
            constant; and a last column of ones.
        signs: 1.0 for label 1, -1.0 for label 0.
        weights: as of `Rows`.
        scaled_means: the features' means, in standard deviations.
        inverse_deviations: 1 / the features' standard deviations; 0 where a feature is constant.
        log_odds: of label 1.
    """

    matrix: Numbers
    signs: Numbers
    weights: Numbers
    scaled_means: Numbers
    inverse_deviations: Numbers
    log_odds: float


def design_of(rows: Rows) -> Design:
    """Standardise rows by their weighted means and unbiased standard deviations.

    Spark takes the means off in thought alone, so that sparse rows stay sparse; the sums are the same.
    """
    features, labels, weights = rows
    count, width = features.shape
    total = weights.sum()
    constant = (features == features[0]).all(axis=0)
    means = np.where(constant, features[0], weights @ features / total)
    matrix = np.ones((count, width + 1))
    centred = np.subtract(features, means, out=matrix[:, :width])
    # A second pass takes off what rounding has left of the means (Chan, Golub and LeVeque 1983).
    rest = weights @ centred / total
    centred -= rest
    unbiased = total - weights @ weights / total
    variances = np.einsum("i,ij,ij->j", weights, centred, centred) / unbiased if unbiased > 0 else np.zeros(width)
    inverse = np.divide(1.0, np.sqrt(variances), out=np.zeros(width), where=variances > 0)
    centred *= inverse
    odds = weights[labels == 1].sum() / weights[labels == 0].sum()
    return Design(matrix, 2 * labels - 1, weights, (means + rest) * inverse, inverse, float(np.log(odds)))
