import math

import numpy as np
import pytest
from sklearn import metrics

from tidemill.validation import binary_figures, regression_figures

SCORED = "label double, prediction double, probability_of_1 double"


def binary(spark, label, probability):
    rows = [(float(was), float(p > 0.5), float(p)) for was, p in zip(label, probability, strict=True)]
    return rows, binary_figures(spark.createDataFrame(rows, SCORED).repartition(3))


@pytest.mark.parametrize("decimals", [6, 1])
def test_binary_figures_are_scikit_learns_with_ties_and_without(spark, decimals):
    random = np.random.default_rng(5)
    label = random.integers(0, 2, 300)
    probability = np.clip(0.3 * label + random.random(300) * 0.8, 0, 1).round(decimals)

    rows, figures = binary(spark, label, probability)

    was, said, p = np.array(rows).T
    expected = {
        "accuracy": metrics.accuracy_score(was, said),
        "precision": metrics.precision_score(was, said),
        "recall": metrics.recall_score(was, said),
        "f1": metrics.f1_score(was, said),
        "roc_auc": metrics.roc_auc_score(was, p),
    }
    assert figures == pytest.approx(expected, abs=1e-9)


def test_a_share_of_nothing_is_nought(spark):
    _, figures = binary(spark, [1, 0, 0], [0.1, 0.2, 0.3])

    assert (figures["precision"], figures["recall"], figures["f1"]) == (0, 0, 0)


def test_with_one_class_alone_there_is_no_area(spark):
    _, figures = binary(spark, [1, 1], [0.4, 0.9])

    assert math.isnan(figures["roc_auc"])
    assert figures["accuracy"] == 0.5


def test_regression_figures_are_scikit_learns_on_every_scale(spark):
    random = np.random.default_rng(6)
    log = random.normal(12, 0.4, 300)
    said = log + random.normal(0, 0.1, 300)
    rows = [tuple(map(float, row)) for row in zip(np.exp(log), np.exp(said), log, said, strict=True)]
    frame = spark.createDataFrame(rows, "price double, prediction double, label double, predicted_label double")

    figures = regression_figures(frame, {"": ("price", "prediction"), "_log": ("label", "predicted_label")})

    for ending, was, predicted in (("", np.exp(log), np.exp(said)), ("_log", log, said)):
        expected = {
            "mse": metrics.mean_squared_error(was, predicted),
            "rmse": metrics.root_mean_squared_error(was, predicted),
            "mae": metrics.mean_absolute_error(was, predicted),
            "r2": metrics.r2_score(was, predicted),
        }
        got = {name: figures[f"{name}{ending}"] for name in expected}
        assert got == pytest.approx(expected, rel=1e-9)


def test_a_constant_target_has_no_r2(spark):
    figures = regression_figures(spark.createDataFrame([(1.0, 1.5), (1.0, 0.5)], "label double, prediction double"))

    assert figures["mse"] == 0.25
    assert math.isnan(figures["r2"])
