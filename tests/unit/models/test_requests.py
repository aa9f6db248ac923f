"""What a person may ask of one training."""

import pytest

from tidemill.config import load_config
from tidemill.models import load_model_settings
from tidemill.models.requests import UnknownWay, with_ways


@pytest.fixture(scope="module")
def churn():
    return load_model_settings(load_config(), "churn")


def test_the_ways_that_are_asked_for_stay_in_the_files_order(churn):
    assert with_ways(churn, ["smote", "weights"]).imbalance.ways == ("weights", "smote")
    assert with_ways(churn, ["over"]).imbalance.recalibrate == churn.imbalance.recalibrate


def test_none_leaves_no_way(churn):
    assert with_ways(churn, ["none"]).imbalance is None


@pytest.mark.parametrize("ways", [["weigths"], ["none", "over"], []])
def test_a_way_that_the_file_does_not_name_is_refused_with_those_it_does(churn, ways):
    with pytest.raises(UnknownWay, match=r"churn\.yaml has no way '.*' under imbalance.*weights"):
        with_ways(churn, ways)


def test_a_model_of_numbers_has_no_ways():
    housing = load_model_settings(load_config(), "housing")

    with pytest.raises(UnknownWay):
        with_ways(housing, ["weights"])
    assert with_ways(housing, ["none"]).imbalance is None
