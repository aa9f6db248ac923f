"""What the one task of a fit does: read the rows from Arrow, fit, and give the fits back as Arrow."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from tidemill.validation.arrow import Unfit, lists_of, matrix_of, numbers_of
from tidemill.validation.logistic.design import Rows, design_of
from tidemill.validation.logistic.fits import Fit, fits
from tidemill.validation.logistic.settings import Settings

# The columns that the task reads, and those of its answer: one row a candidate, in their order, or none at all. A
# solution is the coefficients and the intercept.
FEATURES, LABEL, WEIGHT = "features", "label", "weight"
ANSWER = "solution array<double>, objectives array<double>"


def fit_batches(
    batches: Iterator[pa.RecordBatch], candidates: Sequence[Settings], most_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Fit every candidate to the rows of one partition.

    Args:
        batches: of features (a vector's four fields), label double and weight double.
        candidates: at least one.
        most_bytes: of the features as float64; beyond them no more rows are read.

    Yields:
        One batch as `ANSWER` says; nothing where the rows are not to be fitted here.
    """
    try:
        rows = read_rows(batches, most_bytes)
    except Unfit:
        return
    yield _answer(fits(design_of(rows), candidates))


def read_rows(batches: Iterator[pa.RecordBatch], most_bytes: int) -> Rows:
    """The rows of all batches, less those of weight 0.

    Raises:
        Unfit: they are more than the bound, of one class only or of other labels than 0 and 1, or not all numbers.
    """
    kept: list[Rows] = []
    size = 0
    for batch in batches:
        if batch.num_rows:
            kept.append(_rows(batch, most_bytes - size))
            size += kept[-1].features.nbytes
    if len({part.features.shape[1] for part in kept}) != 1:
        raise Unfit
    features, labels, weights = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    counted = weights > 0
    rows = Rows(features[counted], labels[counted], weights[counted])
    if set(np.unique(rows.labels)) != {0.0, 1.0}:
        raise Unfit
    return rows


def _rows(batch: pa.RecordBatch, most_bytes: int) -> Rows:
    features = matrix_of(batch.column(FEATURES), most_bytes)
    labels, weights = numbers_of(batch.column(LABEL)), numbers_of(batch.column(WEIGHT))
    finite = all(np.isfinite(each).all() for each in (features, labels, weights))
    if not finite or (weights < 0).any() or not np.isin(labels, (0.0, 1.0)).all():
        raise Unfit
    return Rows(features, labels, weights)


def _answer(found: Sequence[Fit]) -> pa.RecordBatch:
    solutions = lists_of([np.append(fit.coefficients, fit.intercept) for fit in found])
    objectives = lists_of([np.array(fit.objectives) for fit in found])
    return pa.RecordBatch.from_arrays([solutions, objectives], names=["solution", "objectives"])
