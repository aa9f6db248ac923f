"""Rows that one task reads from Arrow, as numpy's arrays, and what it answers.

Arrow is read and made by its buffers, as to_numpy and pa.array first import pandas: two seconds of processor time in
every new worker, more than all small fits.
"""

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers: TypeAlias = npt.NDArray[np.float64]
DENSE = 1
Kind = TypeVar("Kind", bound=np.generic)


class Unfit(Exception):
    """The rows are not what is fitted here: too many, or something that Spark has an error or another model for."""


def matrix_of(vectors: pa.StructArray, most_bytes: int) -> Numbers:
    """The matrix of a column of Spark's vectors, which are dense (values alone) or sparse (size, indices, values).

    Raises:
        Unfit: there are nulls, several widths, or more bytes as float64 than that.
    """
    if vectors.null_count:
        raise Unfit
    kinds, sizes, indices, values = vectors.flatten()
    numbers, lengths = numbers_of(values.flatten()), np.diff(values_of(values.offsets, np.int32))
    dense = values_of(kinds, np.int8) == DENSE
    widths = np.where(dense, lengths, values_of(sizes, np.int32))
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
    matrix[np.repeat(np.flatnonzero(~dense), lengths[~dense]), values_of(indices.flatten(), np.int32)] = numbers[
        ~in_dense
    ]
    return matrix


def numbers_of(column: pa.Array) -> Numbers:
    """The numbers of a column of float64.

    Raises:
        Unfit: there is a null.
    """
    if column.null_count:
        raise Unfit
    return values_of(column, np.float64)


def values_of(column: pa.Array, kind: type[Kind]) -> npt.NDArray[Kind]:
    """The values of a column; where it is null, anything."""
    size = np.dtype(kind).itemsize
    values = column.buffers()[1]
    return np.frombuffer(values, kind, len(column), column.offset * size) if len(column) else np.empty(0, kind)


def lists_of(numbers: Sequence[Numbers]) -> pa.Array:
    """A column of lists of numbers."""
    values, ends = np.concatenate(numbers), np.cumsum([0, *map(len, numbers)], dtype=np.int32)
    flat = pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values)])
    return pa.Array.from_buffers(pa.list_(pa.float64()), len(numbers), [None, pa.py_buffer(ends)], children=[flat])


def texts_of(texts: Sequence[str]) -> pa.Array:
    """A column of texts."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])
