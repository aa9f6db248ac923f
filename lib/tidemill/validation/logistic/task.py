"""What the one task of a fit does: read the rows from Arrow, fit, and give the fits back as Arrow."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tidemill.validation.logistic.design import Rows, design_of
from tidemill.validation.logistic.fits import Fit, fits
from tidemill.validation.logistic.points import Numbers
from tidemill.validation.logistic.settings import Settings

# The columns that the task reads, and those of its answer: one row a candidate, in their order, or none at all. A
# solution is the coefficients and the intercept.
FEATURES, LABEL, WEIGHT = "features", "label", "weight"
ANSWER = "solution array<double>, objectives array<double>"
DENSE = 1
Kind = TypeVar("Kind", bound=np.generic)


class Unfit(Exception):
    """The rows are not what is fitted here: too many, or something that Spark has an error or another model for."""


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
    features = _dense(batch.column(FEATURES), most_bytes)
    labels, weights = _numbers(batch.column(LABEL)), _numbers(batch.column(WEIGHT))
    finite = all(np.isfinite(each).all() for each in (features, labels, weights))
    if not finite or (weights < 0).any() or not np.isin(labels, (0.0, 1.0)).all():
        raise Unfit
    return Rows(features, labels, weights)


def _dense(vectors: pa.StructArray, most_bytes: int) -> Numbers:
    """The matrix of a column of Spark's vectors, which are dense (values alone) or sparse (size, indices, values)."""
    if vectors.null_count:
        raise Unfit
    kinds, sizes, indices, values = vectors.flatten()
    numbers, lengths = _numbers(values.flatten()), np.diff(_buffer(values.offsets, np.int32))
    dense = _buffer(kinds, np.int8) == DENSE
    widths = np.where(dense, lengths, _buffer(sizes, np.int32))
    width = int(widths[0])
    # Before anything is laid out: a few sparse rows of hashed words may be gigabytes as a matrix.
    too_many = len(vectors) * width * np.dtype(np.float64).itemsize > most_bytes
    if too_many or width == 0 or (widths != width).any():
        raise Unfit
    if dense.all():
        return numbers.reshape(-1, width)
    matrix = np.zeros((len(vectors), width))
    in_dense = np.repeat(dense, lengths)
    matrix[dense] = numbers[in_dense].reshape(-1, width)
    matrix[np.repeat(np.flatnonzero(~dense), lengths[~dense]), _buffer(indices.flatten(), np.int32)] = numbers[
        ~in_dense
    ]
    return matrix


def _numbers(column: pa.Array) -> Numbers:
    if column.null_count:
        raise Unfit
    return _buffer(column, np.float64)


# Arrow is read and made by its buffers, as to_numpy and pa.array first import pandas: two seconds of processor time in
# every new worker, more than all fits.
def _buffer(column: pa.Array, kind: type[Kind]) -> npt.NDArray[Kind]:
    """The values of a column; where it is null, anything."""
    size = np.dtype(kind).itemsize
    values = column.buffers()[1]
    return np.frombuffer(values, kind, len(column), column.offset * size) if len(column) else np.empty(0, kind)


def _answer(found: Sequence[Fit]) -> pa.RecordBatch:
    solutions = _lists([np.append(fit.coefficients, fit.intercept) for fit in found])
    objectives = _lists([np.array(fit.objectives) for fit in found])
    return pa.RecordBatch.from_arrays([solutions, objectives], names=["solution", "objectives"])


def _lists(numbers: Sequence[Numbers]) -> pa.Array:
    values, ends = np.concatenate(numbers), np.cumsum([0, *map(len, numbers)], dtype=np.int32)
    flat = pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values)])
    return pa.Array.from_buffers(pa.list_(pa.float64()), len(numbers), [None, pa.py_buffer(ends)], children=[flat])
