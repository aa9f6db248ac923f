from functools import partial

import numpy as np
import pytest
from scipy import stats

from tidemill.validation import compare_folds, compare_predictions, regression_figures_by
from tidemill.validation.comparison import NotPaired
from tidemill.validation.figures import UnknownFigure

SCORED = "model string, id int, price double, prediction double"
ROWS = 200


@pytest.fixture(scope="module")
def predictions(spark):
    """Two models with the same errors but for a little, and a third that is worse."""
    random = np.random.default_rng(12)
    price = random.normal(100, 20, ROWS)
    error = random.normal(0, 10, ROWS)
    said = {
        "forest": price + error,
        "forest2": price + error + random.normal(0, 1, ROWS),
        "line": price + 1.2 * error + random.normal(0, 3, ROWS),
    }
    rows = [(model, at, float(price[at]), float(values[at])) for model, values in said.items() for at in range(ROWS)]
    return spark.createDataFrame(rows, SCORED).cache()


def compared(predictions, *models, figure="rmse"):
    figures_by = partial(regression_figures_by, scales={"": ("price", "prediction")})
    rows = predictions.where(predictions.model.isin(*models))
    return compare_predictions(rows, "model", ["id"], figure, figures_by, replicates=100)


def test_fold_scores_are_compared_as_nadeau_and_bengio_do():
    random = np.random.default_rng(13)
    trees, line = random.normal(0.85, 0.01, 10), random.normal(0.84, 0.01, 10)

    found = compare_folds({"trees": list(trees), "line": list(line)}, folds=5, figure="roc_auc")

    gaps = trees - line
    error = np.sqrt((1 / 10 + 1 / 4) * gaps.var(ddof=1))
    low, high = stats.t.interval(0.95, 9, gaps.mean(), error)
    assert (found.difference, found.low, found.high) == pytest.approx((gaps.mean(), low, high))
    # The plain test rests on the folds as if they were independent, and is surer than it may be.
    plain = stats.ttest_rel(trees, line)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(plain.statistic) * np.sqrt(0.1 / 0.35), 9))
    assert found.p_value > plain.pvalue


def test_a_verdict_says_which_is_better_by_how_much_and_how_sure_that_is():
    trees, line = [0.86, 0.85, 0.87, 0.86, 0.855], [0.81, 0.805, 0.82, 0.8, 0.81]

    found = compare_folds({"trees": trees, "line": line}, folds=5, figure="roc_auc")

    assert found.better == "trees"
    assert found.verdict == (
        "trees has a roc_auc of 0.859, line of 0.809: a difference of +0.05 (95 % interval +0.0386 to +0.0614, "
        "p < 0.001), on 5 folds. So trees is the better one, by at least 0.039 and at most 0.061 as far as these can "
        "tell."
    )
    assert compare_folds({"line": line, "trees": trees}, folds=5, figure="log_loss").better == "line"


def test_scores_without_a_difference_show_none():
    found = compare_folds({"a": [0.8, 0.9, 0.7], "b": [0.8, 0.9, 0.7]}, folds=3, figure="accuracy")

    assert (found.better, found.p_value) == (None, 1)
    assert "no difference that these could show" in found.verdict


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ({"a": [0.5, 0.6]}, "1 were given"),
        ({"a": [0.5, 0.6], "b": [0.5]}, "a has 2 scores and b 1"),
        ({"a": [0.5] * 3, "b": [0.5] * 3}, "not those of whole repeats of 2 folds"),
    ],
)
def test_fold_scores_that_are_not_paired_are_refused(scores, told):
    with pytest.raises(NotPaired, match=told):
        compare_folds(scores, folds=2, figure="accuracy")


def test_the_better_model_is_found_on_the_same_rows(predictions):
    found = compared(predictions, "forest", "line")

    assert found.better == "forest"
    assert found.difference < 0
    assert found.p_value < 0.03
    assert "on the same 200 rows drawn 100 times. So forest is the better one" in found.verdict


def test_models_that_hardly_differ_are_not_told_apart(predictions):
    found = compared(predictions, "forest", "forest2")

    assert found.better is None
    assert found.low < found.difference < found.high
    assert found.p_value > 0.05


def test_predictions_of_other_rows_are_refused(predictions):
    with pytest.raises(NotPaired, match="more than two models"):
        compared(predictions, "forest", "forest2", "line")
    with pytest.raises(NotPaired, match="not the same ones by id"):
        compared(predictions.where("model = 'line' and id > 0 or model = 'forest' and id < 199"), "forest", "line")


def test_a_figure_that_is_not_computed_is_refused_with_the_nearest(predictions):
    with pytest.raises(UnknownFigure, match="Did you mean 'rmse'"):
        compared(predictions, "forest", "line", figure="rmes")
