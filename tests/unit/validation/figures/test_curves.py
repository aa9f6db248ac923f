import math

import numpy as np
import pytest
from sklearn import calibration, metrics

from tidemill.validation.figures import (
    TooFewPoints,
    calibration_curve,
    gain_curve,
    precision_recall_curve,
    roc_curve,
)

ROWS = 1500
POINTS = 40


@pytest.fixture(scope="module")
def made():
    random = np.random.default_rng(9)
    label = (random.random(ROWS) < 0.3).astype(float)
    return label, np.clip(0.25 * label + random.random(ROWS) * 0.75, 0, 1)


@pytest.fixture(scope="module")
def rows(spark, made):
    each = [("fine", *map(float, row)) for row in zip(*made, strict=True)]
    each += [("coarse", was, round(p, 1)) for _, was, p in each]
    return spark.createDataFrame(each, "model string, label double, probability_of_1 double").repartition(2).cache()


def points(curve, model, *names):
    return np.array([[row[name] for name in names] for row in curve if row["model"] == model])


def furthest_sideways(x, y, drawn):
    """How far the drawn line is from each point of the whole curve, at the point's own height."""
    (x0, y0), (x1, y1) = drawn[:-1].T, drawn[1:].T
    far = []
    for here, height in zip(x, y, strict=True):
        crosses = (np.minimum(y0, y1) - 1e-12 <= height) & (height <= np.maximum(y0, y1) + 1e-12)
        rise = np.where(y1 == y0, 1, y1 - y0)
        on = np.clip((height - y0) / rise, 0, 1)
        at = np.where(y1 == y0, np.clip(here, np.minimum(x0, x1), np.maximum(x0, x1)), x0 + on * (x1 - x0))
        far.append(np.abs(at - here)[crosses].min())
    return max(far)


def test_a_thinned_roc_curve_stays_by_the_whole_one(rows, made):
    curve = roc_curve(rows, ["model"], points=POINTS).collect()

    fine = points(curve, "fine", "false_positive_rate", "true_positive_rate")
    x, y, _ = metrics.roc_curve(*made, drop_intermediate=False)
    assert len(fine) <= POINTS + 1
    assert furthest_sideways(x, y, fine) <= 2 / POINTS
    assert (tuple(fine[0]), tuple(fine[-1])) == ((0, 0), (1, 1))


def test_every_point_of_a_thinned_curve_is_one_of_the_whole(rows, made):
    label, p = made
    curve = roc_curve(rows, ["model"], points=POINTS).collect()

    coarse = points(curve, "coarse", "false_positive_rate", "true_positive_rate", "threshold")
    whole = np.array(metrics.roc_curve(label, p.round(1), drop_intermediate=False)).T
    at = {threshold: place for place, threshold in enumerate(whole[:, 2].round(6))}
    assert coarse == pytest.approx(whole[[at[threshold] for threshold in coarse[:, 2].round(6)]])
    assert len(coarse) >= 10  # of twelve: only what lies on a straight line within a column is left out


def test_a_thinned_precision_recall_curve_stays_by_the_whole_one(rows, made):
    curve = precision_recall_curve(rows, ["model"], points=POINTS).collect()

    fine = points(curve, "fine", "recall", "precision")
    precision, recall, _ = metrics.precision_recall_curve(*made)
    assert len(fine) <= POINTS
    assert furthest_sideways(recall[-2::-1], precision[-2::-1], fine) <= 4 / POINTS


def test_the_gain_curve_finds_the_positives_among_the_first_rows(rows, made):
    label, p = made
    curve = gain_curve(rows.where("model = 'fine'"), points=POINTS).collect()

    order = np.argsort(-p)
    for row in curve[1:]:
        found = label[order][: round(row["share"] * ROWS)].sum() / label.sum()
        assert (row["gain"], row["lift"]) == pytest.approx((found, found / row["share"]))
    assert (curve[0]["threshold"], curve[0]["share"], curve[0]["lift"]) == (math.inf, 0, None)


def test_the_calibration_curve_is_scikit_learns(rows, made):
    curve = calibration_curve(rows.where("model = 'fine'"), bins=8).collect()

    share, mean = calibration.calibration_curve(*made, n_bins=8)
    assert [row["bin"] for row in curve] == list(range(1, 9))
    assert [row["share_of_1"] for row in curve] == pytest.approx(share, abs=1e-12)
    assert [row["mean_probability"] for row in curve] == pytest.approx(mean, abs=1e-12)
    assert sum(row["rows"] for row in curve) == ROWS


def test_a_curve_of_too_few_points_is_refused(rows):
    with pytest.raises(TooFewPoints, match="ask for at least 8"):
        roc_curve(rows, points=5)
