"""Findings of a good churn model and a good price model, in numbers that a test may change."""

from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import pytest

from tidemill.models.evaluation import (
    CalibrationBin,
    CandidateFigures,
    Classes,
    Column,
    Curve,
    Dependence,
    ErrorBin,
    Figure,
    Findings,
    Residuals,
    Segment,
    Subject,
)

Make = Callable[..., Findings]


def figures(values, reach=0.02):
    return {name: Figure(value, value - reach, value + reach) for name, value in values.items()}


def candidate(algorithm, metric, mean, deviation=0.005):
    folds = tuple({metric: mean + step * deviation} for step in (-1.2, 0.0, 1.2))
    return CandidateFigures(algorithm, {"maxDepth": 3}, folds, {metric: mean}, {metric: deviation})


CLASSES = Classes(
    threshold=0.4,
    chosen=True,
    tp=213.0,
    fp=130.0,
    fn=87.0,
    tn=670.0,
    mean_probability=0.27,
    roc=Curve((0.0, 0.16, 1.0), (0.0, 0.71, 1.0)),
    precision_recall=Curve((0.1, 0.71, 1.0), (0.9, 0.62, 0.27)),
    gain=Curve((0.0, 0.31, 1.0), (0.0, 0.71, 1.0)),
    calibration=(CalibrationBin(700.0, 0.1, 0.11), CalibrationBin(200.0, 0.4, 0.39), CalibrationBin(200.0, 0.73, 0.7)),
)
CHURN = Findings(
    subject=Subject(
        "churn",
        4,
        "binary",
        "left",
        "none",
        "gold.people",
        7,
        "2024-05-01T12:00:00+00:00",
        "roc_auc",
        True,
        1100,
        1100,
        400,
    ),
    holdout=figures(
        {
            "accuracy": 0.803,
            "precision": 0.621,
            "recall": 0.71,
            "f1": 0.662,
            "roc_auc": 0.85,
            "ece": 0.012,
            "average_precision": 0.66,
            "gain_at_10": 0.3,
            "precision_of_0": 0.885,
            "recall_of_0": 0.837,
            "f1_of_0": 0.86,
            "support_of_0": 800.0,
            "support_of_1": 300.0,
        }
    ),
    out_of_fold={"roc_auc": 0.848},
    candidates=(candidate("random_forest", "roc_auc", 0.82), candidate("logistic_regression", "roc_auc", 0.848)),
    best=1,
    columns=(
        Column("tenure", 0.06, 0.004),
        Column("contract", 0.04, 0.003),
        Column("plan", 0.03, 0.003),
        Column("street", 0.0001, 0.001),
    ),
    dependences=(
        Dependence("tenure", True, (1, 20, 60), (0.5, 0.3, 0.1)),
        Dependence("contract", False, ("monthly", None), (0.4, 0.1)),
    ),
    error=0.2,
    segments=(
        Segment("contract", "monthly", 600, 0.22, 1.2, 0.4, 0.41),
        Segment("contract", "yearly", 500, 0.17, -1.7, 0.1, 0.11),
    ),
    classes=CLASSES,
)
SPREAD = NormalDist(0, 12_000)
PRICE = Findings(
    subject=replace(
        CHURN.subject,
        name="price",
        task="regression",
        target="worth",
        transform="log",
        metric="rmse_log",
        larger_is_better=False,
    ),
    holdout=figures({"mse": 1.4e8, "rmse": 12_000.0, "mae": 9_500.0, "mape": 0.06, "r2": 0.9, "rmse_log": 0.12}),
    out_of_fold={},
    candidates=(candidate("linear_regression", "rmse_log", 0.12), candidate("random_forest", "rmse_log", 0.14)),
    best=0,
    columns=CHURN.columns,
    dependences=CHURN.dependences,
    error=0.06,
    segments=CHURN.segments[1:],
    residuals=Residuals(
        mean=100.0,
        deviation=12_000.0,
        target_mean=180_000.0,
        target_deviation=70_000.0,
        quantiles={"0.05": SPREAD.inv_cdf(0.05), "0.5": 0.0, "0.95": SPREAD.inv_cdf(0.95)},
        sizes={"0.5": 8_100.0, "0.9": 19_700.0, "0.99": 31_000.0},
        edges=(-30_000.0, -10_000.0, 10_000.0, 30_000.0),
        counts=(200, 700, 200),
        by_prediction=tuple(ErrorBin(110, 100_000.0 + 20_000 * at, 50.0, -8_000.0, 8_000.0) for at in range(10)),
        actual=(100_000.0, 200_000.0),
        predicted=(104_000.0, 199_000.0),
    ),
)


@pytest.fixture
def churn() -> Make:
    """Makes the findings of the churn model; what is given replaces a part, figures and classes piece by piece."""

    def made(holdout=None, classes=None, subject=None, **changes):
        return replace(
            CHURN,
            holdout={**CHURN.holdout, **(holdout or {})},
            classes=replace(CLASSES, **(classes or {})),
            subject=replace(CHURN.subject, **(subject or {})),
            **changes,
        )

    return made


@pytest.fixture
def price() -> Make:
    """The same of the price model."""

    def made(holdout=None, residuals=None, subject=None, **changes):
        return replace(
            PRICE,
            holdout={**PRICE.holdout, **(holdout or {})},
            residuals=replace(PRICE.residuals, **(residuals or {})),
            subject=replace(PRICE.subject, **(subject or {})),
            **changes,
        )

    return made
