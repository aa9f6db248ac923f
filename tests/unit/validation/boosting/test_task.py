import json

import numpy as np
import pyarrow as pa
import pytest

from tidemill.validation.arrow import Unfit
from tidemill.validation.boosting.settings import Settings
from tidemill.validation.boosting.task import fit_batches, read_rows

PLENTY = 10**6
SETTINGS = Settings(True, 2, 0.1, 1.0, 1, 2, 32, 1, 0.0, 0.0, "all", 256 * 2**20)
VECTOR = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)


def batch(values, labels, partitions):
    vectors = [{"type": 1, "size": None, "indices": None, "values": [value]} for value in values]
    columns = [pa.array(vectors, VECTOR), pa.array(labels, pa.float64()), pa.array(partitions, pa.int32())]
    return pa.RecordBatch.from_arrays(columns, names=["features", "label", "partition"])


def test_rows_are_put_in_the_order_of_their_partitions_and_stay_in_their_own():
    rows = read_rows(iter([batch([5.0, 6.0], [1, 0], [2, 2]), batch([1.0, 2.0], [0, 1], [0, 0])]), PLENTY, 10)

    assert rows.features.tolist() == [[1.0], [2.0], [5.0], [6.0]]
    assert rows.labels.tolist() == [0, 1, 1, 0]
    assert rows.sizes == [2, 0, 2]


@pytest.mark.parametrize(
    ("batches", "most_bytes", "most_rows"),
    [
        pytest.param([], PLENTY, 10, id="no rows"),
        pytest.param([batch([1.0, 2.0], [0, 1], [0, 0])], PLENTY, 1, id="more rows than are taken"),
        pytest.param([batch([1.0, 2.0], [0, 1], [0, 0])], 15, 10, id="more bytes"),
        pytest.param([batch([1.0, np.inf], [0, 1], [0, 0])], PLENTY, 10, id="an infinite feature"),
        pytest.param([batch([1.0, 2.0], [0, np.nan], [0, 0])], PLENTY, 10, id="a label that is no number"),
        pytest.param([batch([1.0, 2.0], [0, None], [0, 0])], PLENTY, 10, id="no label"),
    ],
)
def test_rows_that_are_not_taken_are_refused(batches, most_bytes, most_rows):
    with pytest.raises(Unfit):
        read_rows(iter(batches), most_bytes, most_rows)


def test_no_more_rows_are_read_than_are_taken():
    def endless():
        while True:
            yield batch([1.0] * 100, [0] * 100, [0] * 100)

    assert list(fit_batches(endless(), [SETTINGS], {}, PLENTY)) == []


def test_a_model_is_an_answer_and_so_is_one_that_is_left_to_spark():
    numbers = [0.0, 1.0, 2.0, 3.0]
    models = [SETTINGS, SETTINGS._replace(bins=2), SETTINGS]

    (answer,) = fit_batches(iter([batch(numbers, [0, 0, 1, 1], [0] * 4)]), models, {0: 4}, PLENTY)

    texts = answer.column("trees").to_pylist()
    assert answer.column("features").to_pylist() == [1, 1, 1]
    assert texts[1] == ""
    assert texts[0] == texts[2]
    assert len(json.loads(texts[0])) == 2
