import pyarrow as pa
import pytest

from tidemill.validation.logistic.task import Unfit, read_rows

PLENTY = 10**6


def dense(*values):
    return {"type": 1, "size": None, "indices": None, "values": list(values)}


def sparse(size, **values):
    places = [int(name[1:]) for name in values]
    return {"type": 0, "size": size, "indices": places, "values": list(values.values())}


def batch(*rows):
    """Rows of a vector, a label and a weight, as Spark hands them over."""
    fields = [("type", pa.int8()), ("size", pa.int32()), ("indices", pa.list_(pa.int32()))]
    vector = pa.struct([*fields, ("values", pa.list_(pa.float64()))])
    features, labels, weights = (list(column) for column in zip(*rows, strict=True))
    arrays = [pa.array(features, vector), pa.array(labels, pa.float64()), pa.array(weights, pa.float64())]
    return pa.RecordBatch.from_arrays(arrays, names=["features", "label", "weight"])


NO, YES = (dense(1.0, 2.0), 0.0, 1.0), (dense(3.0, 4.0), 1.0, 1.0)


def test_dense_and_sparse_vectors_of_all_batches_become_one_matrix():
    first = batch((sparse(3, _2=7.0), 0.0, 1.0), (dense(1.0, 2.0, 3.0), 1.0, 2.0), (sparse(3), 1.0, 0.5))
    # Spark hands over slices too: the offsets of a list then do not begin at 0.
    second = batch((dense(0.0, 0.0, 0.0), 1.0, 1.0), (sparse(3, _0=5.0, _1=6.0), 0.0, 1.0)).slice(1)

    rows = read_rows(iter([first, second]), PLENTY)

    assert rows.features.tolist() == [[0, 0, 7], [1, 2, 3], [0, 0, 0], [5, 6, 0]]
    assert rows.labels.tolist() == [0, 1, 1, 0]
    assert rows.weights.tolist() == [1, 2, 0.5, 1]


def test_rows_of_weight_0_do_not_count():
    rows = read_rows(iter([batch(NO, YES, (dense(9.0, 9.0), 1.0, 0.0))]), PLENTY)

    assert rows.features.tolist() == [[1, 2], [3, 4]]


def test_no_row_is_read_once_there_are_too_many():
    batches = iter([batch(NO, YES), batch(NO), batch(NO)])

    with pytest.raises(Unfit):
        read_rows(batches, 2 * 2 * 8)

    assert len(list(batches)) == 1


def test_sparse_rows_count_by_their_width():
    rows = batch((sparse(10**9, _5=1.0), 0.0, 1.0), (sparse(10**9, _7=1.0), 1.0, 1.0))

    with pytest.raises(Unfit):
        read_rows(iter([rows]), PLENTY)


@pytest.mark.parametrize(
    "rows",
    [
        [NO],
        [NO, (dense(1.0, 1.0), 1.0, 0.0)],
        [NO, YES, (dense(1.0, 1.0), 2.0, 1.0)],
        [NO, YES, (dense(1.0, 1.0), None, 1.0)],
        [NO, YES, (dense(1.0, 1.0), 1.0, None)],
        [NO, YES, (dense(1.0, 1.0), 1.0, -1.0)],
        [NO, YES, (dense(1.0, 1.0), 1.0, float("inf"))],
        [NO, YES, (dense(1.0, float("nan")), 1.0, 1.0)],
        [NO, YES, (dense(1.0), 1.0, 1.0)],
        [NO, YES, (None, 1.0, 1.0)],
        [(dense(), 0.0, 1.0), (dense(), 1.0, 1.0)],
    ],
    ids=[
        "one class",
        "one class of weight above 0",
        "a third class",
        "no label",
        "no weight",
        "negative weight",
        "endless weight",
        "not a number",
        "another width",
        "no vector",
        "no features",
    ],
)
def test_rows_that_spark_has_an_error_or_another_model_for_are_left_to_it(rows):
    with pytest.raises(Unfit):
        read_rows(iter([batch(*rows)]), PLENTY)


def test_no_rows_are_left_to_spark():
    with pytest.raises(Unfit):
        read_rows(iter([]), PLENTY)
