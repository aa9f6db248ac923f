import math

import numpy as np
import pytest
from sklearn import metrics

from tidemill.validation.figures import (
    Confusion,
    NoPositives,
    UnusablePredictions,
    WrongCost,
    confusion,
    threshold_by_cost,
    threshold_by_f,
)

SCORED = "label double, probability_of_1 double, weight double"


@pytest.fixture(scope="module")
def made():
    random = np.random.default_rng(8)
    label = random.integers(0, 2, 120).astype(float)
    p = np.clip(0.3 * label + random.random(120) * 0.8, 0, 1).round(2)
    return label, p, random.choice([0.0, 0.5, 2.0], 120)


@pytest.fixture(scope="module")
def rows(spark, made):
    return spark.createDataFrame([tuple(map(float, row)) for row in zip(*made, strict=True)], SCORED).repartition(3)


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_no_threshold_has_a_higher_f(rows, made, beta):
    label, p, weight = made

    found = threshold_by_f(rows, beta, weight="weight")

    tried = {
        t: metrics.fbeta_score(label, p >= t, beta=beta, sample_weight=weight, zero_division=0) for t in np.unique(p)
    }
    best = max(tried.values())
    assert found.figure == pytest.approx(best, abs=1e-12)
    assert tried[found.value] == pytest.approx(best, abs=1e-12)
    (tn, fp), (fn, tp) = metrics.confusion_matrix(label, p >= found.value, sample_weight=weight)
    assert found.confusion == pytest.approx(Confusion(tp, fp, fn, tn))
    assert confusion(rows, found.value, weight="weight") == pytest.approx(found.confusion)


def test_no_threshold_costs_less(rows, made):
    label, p, _ = made

    found = threshold_by_cost(rows, false_positive=1, false_negative=5)

    costs = {t: ((p >= t) & (label == 0)).sum() + 5 * ((p < t) & (label == 1)).sum() for t in np.unique(p)}
    best = min(costs.values())
    assert found.figure == best
    assert found.value == max(t for t, cost in costs.items() if cost == best)


def test_of_equally_good_thresholds_the_highest_is_taken(spark):
    rows = spark.createDataFrame([(1.0, 0.9, 1.0), (0.0, 0.8, 1.0), (1.0, 0.7, 1.0)], SCORED)

    # From 0.9 on one error is a miss, from 0.7 on one is a false alarm.
    assert threshold_by_cost(rows, 1, 1).value == 0.9


def test_where_every_threshold_costs_more_it_is_cheapest_to_call_nobody(spark):
    rows = spark.createDataFrame([(0.0, 0.9, 1.0), (1.0, 0.8, 1.0), (1.0, 0.7, 1.0)], SCORED)

    assert threshold_by_cost(rows, false_positive=9, false_negative=2) == (math.inf, 4, Confusion(0, 0, 2, 1))


def test_what_cannot_be_chosen_by_is_told(spark):
    rows = spark.createDataFrame([(0.0, 0.9, 1.0), (0.0, None, 1.0)], SCORED)

    with pytest.raises(WrongCost, match="false_negative is -1"):
        threshold_by_cost(rows, 1, -1)
    with pytest.raises(UnusablePredictions, match="1 predictions"):
        threshold_by_f(rows)
    with pytest.raises(NoPositives, match="none of the 1 predictions"):
        threshold_by_f(rows.na.drop())
