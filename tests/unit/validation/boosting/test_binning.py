import numpy as np
import pytest

from tidemill.validation.arrow import Unfit
from tidemill.validation.boosting.binning import binned, thresholds_between


def test_few_values_are_parted_in_the_middle_between_neighbours():
    assert thresholds_between(np.array([3.0, 0.0, 1.0, 1.0, 0.0]), 32).tolist() == [0.5, 2.0]


def test_many_values_are_parted_so_that_the_bins_are_of_alike_size():
    thresholds = thresholds_between(np.arange(100.0), 4)

    assert thresholds.tolist() == [24.5, 49.5, 74.5]


def test_after_a_frequent_value_every_value_is_parted_until_the_quantiles_have_caught_up():
    column = np.concatenate([np.zeros(90), np.arange(1.0, 11.0)])

    assert thresholds_between(column, 4).tolist() == [0.5, 1.5, 2.5]


def test_a_constant_is_not_parted():
    assert thresholds_between(np.full(5, 2.5), 32).tolist() == []


@pytest.mark.parametrize("values", [[1e308, 1.7e308], [0.0, -5e-324], [1 + 2**-52, 1 + 2**-51, 1 + 3 * 2**-52]])
def test_values_with_nothing_between_them_are_refused(values):
    with pytest.raises(Unfit):
        thresholds_between(np.array(values), 32)


def test_a_value_on_a_threshold_is_of_the_lower_bin_and_a_category_is_its_own_bin():
    found = binned(np.array([[0.0, 2.0], [2.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), {1: 4}, 32)

    assert found.bins.tolist() == [[0, 2, 1, 1], [2, 0, 1, 2]]
    assert found.widths.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("column", "categories", "most_bins"),
    [
        pytest.param([0.0, 3.0, 1.0], {0: 3}, 32, id="a category beyond the last"),
        pytest.param([0.0, -1.0, 1.0], {0: 3}, 32, id="a negative one"),
        pytest.param([0.0, 0.5, 1.0], {0: 3}, 32, id="half a one"),
        pytest.param([0.0, 1.0, 0.0], {0: 4}, 32, id="more categories than rows"),
        pytest.param([0.0, 1.0, 2.0, 0.0], {0: 3}, 2, id="more categories than bins"),
        pytest.param([1.0, 1.0], {}, 32, id="nothing to split"),
        pytest.param(list(range(10_001)), {}, 32, id="rows of which Spark looks at a sample"),
    ],
)
def test_what_spark_does_otherwise_is_refused(column, categories, most_bins):
    with pytest.raises(Unfit):
        binned(np.array(column, dtype=float)[:, None], categories, most_bins)


def test_a_square_of_the_bins_of_rows_is_looked_at():
    found = binned(np.arange(10_001.0)[:, None], {}, 101)

    assert found.widths.tolist() == [101]
