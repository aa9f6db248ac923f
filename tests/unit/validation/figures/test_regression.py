import math

import numpy as np
import pytest
from sklearn import metrics

from tidemill.validation.figures import (
    UnusablePredictions,
    gather_figures,
    regression_figures,
    regression_figures_by,
)

SCORED = "fold int, price double, prediction double, label double, predicted_label double, weight double"
SCALES = {"": ("price", "prediction"), "_log": ("label", "predicted_label")}
# In the last fold the target is far from 0 and varies little: a difference of squares would lose all its digits.
FOLDS = {0: (12, 0.4, 200), 1: (12, 0.4, 7), 2: (17, 1e-7, 60)}


def made_up(fold):
    mean, deviation, size = FOLDS[fold]
    random = np.random.default_rng(fold)
    log = random.normal(mean, deviation, size)
    said = log + random.normal(0, deviation / 4, size)
    return np.exp(log), np.exp(said), log, said, random.choice([0.0, 0.5, 1.0, 2.25], size)


def expected(was, said, weight):
    weighted = {"sample_weight": weight}
    return {
        "mse": metrics.mean_squared_error(was, said, **weighted),
        "rmse": metrics.root_mean_squared_error(was, said, **weighted),
        "mae": metrics.mean_absolute_error(was, said, **weighted),
        "mape": metrics.mean_absolute_percentage_error(was, said, **weighted),
        "r2": metrics.r2_score(was, said, **weighted),
    }


@pytest.fixture(scope="module")
def predictions(spark):
    rows = [(fold, *map(float, row)) for fold in FOLDS for row in zip(*made_up(fold), strict=True)]
    return spark.createDataFrame(rows, SCORED).repartition(3)


@pytest.fixture(scope="module")
def plain(predictions):
    return gather_figures(regression_figures_by(predictions, ["fold"], SCALES), ["fold"])


@pytest.fixture(scope="module")
def weighted(predictions):
    return gather_figures(regression_figures_by(predictions, ["fold"], SCALES, "weight"), ["fold"])


@pytest.mark.parametrize("fold", FOLDS)
def test_the_figures_are_scikit_learns_on_every_scale_for_every_group_at_once(plain, fold):
    price, prediction, log, said, _ = made_up(fold)
    for ending, was, predicted in (("", price, prediction), ("_log", log, said)):
        figures = expected(was, predicted, np.ones(len(was)))
        figures["median_ae"] = metrics.median_absolute_error(was, predicted)

        got = {name: plain[(fold,)][f"{name}{ending}"] for name in figures}
        assert got == pytest.approx(figures, rel=1e-9)


@pytest.mark.parametrize("fold", FOLDS)
def test_rows_count_by_their_weights(weighted, fold):
    price, prediction, log, said, weight = made_up(fold)
    for ending, was, predicted in (("", price, prediction), ("_log", log, said)):
        figures = expected(was, predicted, weight)

        assert {name: weighted[(fold,)][f"{name}{ending}"] for name in figures} == pytest.approx(figures, rel=1e-9)


def test_one_set_of_predictions_needs_no_group(predictions, plain, weighted):
    one = predictions.where("fold = 1")

    assert regression_figures(one, SCALES) == pytest.approx(plain[(1,)], rel=1e-12)
    assert regression_figures(one, SCALES, "weight") == pytest.approx(weighted[(1,)], rel=1e-12)


@pytest.mark.parametrize("weight", [None, "label"])
def test_a_constant_target_has_no_r2(spark, weight):
    rows = spark.createDataFrame([(1.0, 1.5), (1.0, 0.5)], "label double, prediction double")

    figures = regression_figures(rows, weight=weight)

    assert figures["mse"] == 0.25
    assert math.isnan(figures["r2"])


def test_a_missing_number_is_told(spark):
    rows = [(1.0, 1.0), (None, 1.0), (1.0, None), (1.0, math.nan)]

    with pytest.raises(UnusablePredictions, match="3 predictions cannot be scored"):
        regression_figures(spark.createDataFrame(rows, "label double, prediction double"))


def test_a_prediction_beyond_all_numbers_is_an_error_without_end(spark):
    rows = spark.createDataFrame([(1.0, math.inf), (2.0, 2.0)], "label double, prediction double")

    assert regression_figures(rows)["rmse"] == math.inf
