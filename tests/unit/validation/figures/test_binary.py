import math

import numpy as np
import pytest
from sklearn import metrics

from tidemill.validation.figures import (
    BinaryOptions,
    UnusablePredictions,
    WrongFigureOptions,
    binary_figure_names,
    binary_figures,
    binary_figures_by,
    gather_figures,
)

SCORED = "made string, label double, prediction double, probability_of_1 double, weight double"
HOSTILE = ("usual", "tied", "certain", "positives", "negatives", "single", "constant")
OPTIONS = BinaryOptions(beta=0.5, shares=(0.1, 0.25), bins=7)


def made_up(kind):
    """Labels, predictions that no threshold on the probability makes, probabilities and weights."""
    random = np.random.default_rng(HOSTILE.index(kind))
    size = 1 if kind == "single" else 150
    label = random.integers(0, 2, size).astype(float)
    p = np.clip(0.3 * label + random.random(size) * 0.8, 0, 1)
    p = {"tied": p.round(1), "certain": p.round(), "constant": np.full(size, 0.25)}.get(kind, p)
    label = {"positives": np.ones(size), "negatives": np.zeros(size)}.get(kind, label)
    said = ((p > 0.5) ^ (random.random(size) < 0.1)).astype(float)
    return label, said, p, random.choice([0.0, 0.5, 1.0, 2.25], size) if size > 1 else np.array([0.5])


def lift(label, p, weight, share):
    """The mean over every order of the rows that tie, found from the groups of equal probability."""
    left, caught = share * weight.sum(), 0.0
    for level in np.unique(p)[::-1]:
        here = weight[p == level].sum()
        caught += (weight * label)[p == level].sum() * min(1, left / here if here else 0)
        left = max(0, left - here)
    positives = (weight * label).sum()
    return caught / positives if positives else 0.0


def calibration_error(label, p, weight, bins):
    own = np.maximum(np.ceil(p * bins), 1)
    return sum(abs((weight * (label - p))[own == place].sum()) for place in range(1, bins + 1)) / weight.sum()


def expected(label, said, p, weight):
    weighted = {"sample_weight": weight}
    one_class = len(set(label)) == 1
    kinds = {"labels": [0, 1], "zero_division": 0, **weighted}
    precision, recall, f1, support = metrics.precision_recall_fscore_support(label, said, **kinds)
    figures = {
        "accuracy": metrics.accuracy_score(label, said, **weighted),
        "precision": precision[1],
        "recall": recall[1],
        "f1": f1[1],
        "f0_5": metrics.fbeta_score(label, said, beta=0.5, zero_division=0, **weighted),
        "specificity": metrics.recall_score(label, said, pos_label=0, zero_division=0, **weighted),
        "balanced_accuracy": metrics.balanced_accuracy_score(label, said, **weighted),
        "mcc": metrics.matthews_corrcoef(label, said, **weighted),
        "roc_auc": math.nan if one_class else metrics.roc_auc_score(label, p, **weighted),
        "average_precision": metrics.average_precision_score(label, p, **weighted),
        "log_loss": metrics.log_loss(label, p, labels=[0, 1], **weighted),
        "brier": metrics.brier_score_loss(label, p, pos_label=1, **weighted),
        "ece": calibration_error(label, p, weight, 7),
    }
    for share, named in ((0.1, "10"), (0.25, "25")):
        figures[f"gain_at_{named}"] = lift(label, p, weight, share)
        figures[f"lift_at_{named}"] = lift(label, p, weight, share) / share
    return figures | {
        "precision_of_0": precision[0],
        "recall_of_0": recall[0],
        "f1_of_0": f1[0],
        "support_of_0": support[0],
        "support_of_1": support[1],
    }


@pytest.fixture(scope="module")
def predictions(spark):
    rows = [(kind, *map(float, row)) for kind in HOSTILE for row in zip(*made_up(kind), strict=True)]
    return spark.createDataFrame(rows, SCORED).repartition(3)


@pytest.fixture(scope="module")
def plain(predictions):
    return gather_figures(binary_figures_by(predictions, ["made"], options=OPTIONS), ["made"])


@pytest.fixture(scope="module")
def weighted(predictions):
    return gather_figures(binary_figures_by(predictions, ["made"], weight="weight", options=OPTIONS), ["made"])


@pytest.mark.filterwarnings("ignore")  # scikit-learn warns of each share of nothing
@pytest.mark.parametrize("kind", HOSTILE)
def test_the_figures_are_scikit_learns_for_every_group_at_once(plain, kind):
    label, said, p, _ = made_up(kind)

    assert plain[(kind,)] == pytest.approx(expected(label, said, p, np.ones(len(p))), abs=1e-9, nan_ok=True)
    assert tuple(plain[(kind,)]) == binary_figure_names(OPTIONS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", HOSTILE)
def test_rows_count_by_their_weights(weighted, kind):
    assert weighted[(kind,)] == pytest.approx(expected(*made_up(kind)), abs=1e-9, nan_ok=True)


def test_one_set_of_predictions_has_the_figures_of_its_group_to_the_last_bit(predictions, plain):
    tied = predictions.where("made = 'tied'").repartition(5, "probability_of_1")

    assert binary_figures(tied, options=OPTIONS) == plain[("tied",)]


def test_no_rows_have_no_figures(predictions):
    figures = binary_figures(predictions.where("made = 'none'"))

    assert all(math.isnan(value) for value in figures.values())


def test_what_a_mean_of_probabilities_misses_by_rounding_is_forgiven(spark):
    rows = [("a", 1.0, 1.0, 1.0000000000000002, 1.0), ("a", 0.0, 0.0, -1e-17, 1.0)]

    assert binary_figures(spark.createDataFrame(rows, SCORED))["log_loss"] == pytest.approx(0, abs=1e-15)


def test_predictions_that_cannot_be_scored_are_counted_and_told(spark):
    rows = [
        ("no label", None, 1.0, 0.5, 1.0),
        ("a third class", 2.0, 1.0, 0.5, 1.0),
        ("no prediction", 1.0, None, 0.5, 1.0),
        ("no probability", 1.0, 1.0, math.nan, 1.0),
        ("more than certain", 1.0, 1.0, 1.1, 1.0),
        ("less than nothing", 1.0, 1.0, 0.5, -1.0),
    ]
    figures = binary_figures_by(spark.createDataFrame([*rows, *rows], SCORED), ["made"], weight="weight")

    assert {row["made"]: row["unusable"] for row in figures.collect()} == {made: 2 for made, *_ in rows}
    with pytest.raises(UnusablePredictions, match=r"2 predictions of made .* cannot be scored"):
        gather_figures(figures, ["made"])


@pytest.mark.parametrize("wrong", [{"beta": 0.0}, {"shares": (0.1, 1.5)}, {"bins": 0}])
def test_an_option_out_of_its_range_is_refused(wrong):
    with pytest.raises(WrongFigureOptions, match=next(iter(wrong))):
        BinaryOptions(**wrong)


def test_the_rows_go_through_one_exchange_and_one_sort(spark):
    one_row = spark.createDataFrame([("a", 1.0, 1.0, 0.5, 1.0)], SCORED)

    plan = binary_figures_by(one_row, ["made"])._jdf.queryExecution().executedPlan().toString()

    assert (plan.count("Exchange"), plan.count("Sort ")) == (1, 1)
