"""What the one task of a fit does: read the rows from Arrow, grow the trees, and give them back as Arrow."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from tidemill.validation.arrow import Unfit, matrix_of, numbers_of, texts_of, values_of
from tidemill.validation.boosting.binning import ALL_LOOKED_AT, binned
from tidemill.validation.boosting.boosts import Rows, boosted
from tidemill.validation.boosting.growing import Ground, ground_of
from tidemill.validation.boosting.settings import Settings
from tidemill.validation.boosting.tree import as_text

# The columns that the task reads, and those of its answer: one row a model, in their order, without trees where it is
# Spark's to fit; or no row at all. Every row says how many features there are.
FEATURES, LABEL, PARTITION = "features", "label", "partition"
ANSWER = "trees string, features int"


def fit_batches(
    batches: Iterator[pa.RecordBatch], models: Sequence[Settings], categories: Mapping[int, int], most_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Grow the trees of every model from the rows of all partitions.

    Args:
        batches: of features (a vector's four fields), label double and partition int, the rows of a partition in order.
        models: at least one.
        categories: by its position, how many values each categorical feature has.
        most_bytes: of the features as float64; beyond them no more rows are read.

    Yields:
        One batch as `ANSWER` says; nothing where the rows are not to be fitted here.
    """
    most_rows = max(max(model.bins**2, ALL_LOOKED_AT) for model in models)
    try:
        rows = read_rows(batches, most_bytes, most_rows)
    except Unfit:
        return
    grounds: dict[int, Ground | None] = {}
    texts = []
    for model in models:
        if model.bins not in grounds:
            grounds[model.bins] = _ground(rows, categories, model.bins)
        texts.append(_text(grounds[model.bins], rows, model))
    widths = np.full(len(texts), rows.features.shape[1], np.int32)
    counts = pa.Array.from_buffers(pa.int32(), len(texts), [None, pa.py_buffer(widths)])
    yield pa.RecordBatch.from_arrays([texts_of(texts), counts], names=["trees", "features"])


def read_rows(batches: Iterator[pa.RecordBatch], most_bytes: int, most_rows: int) -> Rows:
    """The rows of all batches, put in the order of their partitions.

    Raises:
        Unfit: they are more than the bounds, none, or not all finite numbers.
    """
    features, labels, partitions = [], [], []
    size = rows = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        rows += batch.num_rows
        if rows > most_rows:
            raise Unfit
        features.append(matrix_of(batch.column(FEATURES), most_bytes - size))
        labels.append(numbers_of(batch.column(LABEL)))
        partitions.append(values_of(batch.column(PARTITION), np.int32))
        size += features[-1].nbytes
        if not np.isfinite(features[-1]).all() or not np.isfinite(labels[-1]).all():
            raise Unfit
    if len({part.shape[1] for part in features}) != 1:
        raise Unfit
    partition = np.concatenate(partitions)
    order = partition.argsort(kind="stable")
    sizes = np.bincount(partition).tolist()
    return Rows(np.concatenate(features)[order], np.concatenate(labels)[order], sizes)


def _ground(rows: Rows, categories: Mapping[int, int], bins: int) -> Ground | None:
    try:
        return ground_of(binned(rows.features, categories, bins), rows.sizes)
    except Unfit:
        return None


def _text(ground: Ground | None, rows: Rows, model: Settings) -> str:
    if ground is None:
        return ""
    try:
        # What is no number any more decides nothing: Spark may have it.
        with np.errstate(over="raise", invalid="raise"):
            return as_text(boosted(ground, rows, model))
    except (Unfit, FloatingPointError):
        return ""
