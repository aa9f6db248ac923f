"""The sections on the two models. A figure says which rows it was taken on: folds of the training, or the hold-out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, pstdev

import pandas as pd
from sklearn.metrics import mean_absolute_error, roc_auc_score, roc_curve

from tidemill.config import Config
from tidemill.demo.experiments import Candidate, Training, champions_training
from tidemill.demo.whereabouts import read_table
from tidemill.reports import KeyFigure, Note, Plot, Section, Table, figures

CHURN = {"roc_auc": "ROC AUC", "accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1"}
HOUSING = {"mse": "MSE, $²", "rmse": "RMSE, $", "mae": "MAE, $", "r2": "R²", "rmse_log": "RMSE of log price"}


def churn_section(config: Config, lake_root: Path) -> tuple[Section, KeyFigure]:
    """Tell the churn model by its folds and its ROC curve, and give its hold-out's AUC as a key figure.

    Raises:
        NotTrained: MLflow has no champion.
        TableMissing: nothing was scored.
    """
    training = champions_training(config, "churn")
    unseen = _holdout(lake_root, "gold.churn_predictions", ["churn", "probability", "split"])
    false_positives, true_positives, _ = roc_curve(unseen["churn"], unseen["probability"])
    area = float(roc_auc_score(unseen["churn"], unseen["probability"]))
    curve = {f"{training.algorithm}, AUC {area:.3f}": (false_positives.tolist(), true_positives.tolist())}
    section = Section(
        "Who will leave: the churn model",
        [
            _found(training, "churn", len(unseen), "customers"),
            Plot(figures.points(_by_candidate(training, "roc_auc"), "ROC AUC"), _caption("ROC AUC")),
            _fold_table(training.candidates, CHURN),
            Plot(
                figures.roc(curve),
                f"ROC curve on the hold-out: {len(unseen):,} customers that no candidate has seen. "
                "The dotted line is guessing.",
            ),
            _holdout_table(training, CHURN),
        ],
    )
    return section, KeyFigure(f"{area:.3f}", "ROC AUC, churn hold-out")


def housing_section(config: Config, lake_root: Path) -> tuple[Section, KeyFigure]:
    """Tell the housing model by its folds and its predictions, and give its hold-out's mean error as a key figure.

    Raises:
        NotTrained: MLflow has no champion.
        TableMissing: nothing was scored.
    """
    training = champions_training(config, "housing")
    unseen = _holdout(lake_root, "gold.housing_predictions", ["price", "prediction", "split"])
    error = float(mean_absolute_error(unseen["price"], unseen["prediction"]))
    pairs = {"hold-out": (unseen["price"].tolist(), unseen["prediction"].round().tolist())}
    section = Section(
        "What will it sell for: the housing model",
        [
            _found(training, "housing", len(unseen), "houses"),
            Plot(
                figures.points(_by_candidate(training, "rmse_log"), HOUSING["rmse_log"]), _caption(HOUSING["rmse_log"])
            ),
            _fold_table(training.candidates, HOUSING),
            Plot(
                figures.against(pairs, "actual price, $", "predicted price, $"),
                f"Predicted against actual price on the hold-out: {len(unseen):,} houses that no candidate has seen. "
                "On the dotted line both agree.",
            ),
            _holdout_table(training, HOUSING),
        ],
    )
    return section, KeyFigure(f"${error:,.0f}", "mean absolute error, housing hold-out")


def _holdout(lake_root: Path, table: str, columns: Sequence[str]) -> pd.DataFrame:
    rows = read_table(lake_root, table, columns)
    return rows[rows["split"] == "holdout"].astype({column: "float64" for column in columns if column != "split"})


def _found(training: Training, name: str, unseen: int, what: str) -> Note:
    tried = len(training.candidates)
    return Note(
        f"{tried} candidates were cross-validated; {training.algorithm} won and is version {training.version}, the "
        f"champion. A hold-out of {unseen:,} {what} was set apart first and met the winner alone, once. What it is "
        "worth, in words and pictures:",
        link=f"models/{name}-{training.version}.html",
    )


def _caption(what: str) -> str:
    return f"{what} of every candidate, a dot a fold: each fold was predicted by a model fitted on the other folds."


def _by_candidate(training: Training, figure: str) -> Mapping[str, Sequence[float]]:
    return {_short(candidate.name): candidate.folds[figure] for candidate in training.candidates}


def _short(name: str) -> str:
    algorithm, *parameters = name.split(" ")
    return "<br>".join([algorithm.replace("_", " "), *parameters])


def _fold_table(candidates: Sequence[Candidate], named: Mapping[str, str]) -> Table:
    rows = []
    for candidate in candidates:
        for key, title in named.items():
            if key in candidate.folds:
                folds = candidate.folds[key]
                rows.append([candidate.name, title, fmean(folds), pstdev(folds), *folds])
    count = max((len(values) for candidate in candidates for values in candidate.folds.values()), default=0)
    numbers = [f"fold {number}" for number in range(1, count + 1)]
    return Table(["candidate", "figure", "mean", "deviation", *numbers], rows, summary="Every candidate, fold by fold")


def _holdout_table(training: Training, named: Mapping[str, str]) -> Table:
    rows = []
    for key, title in named.items():
        if key in training.holdout:
            folds = training.folds.get(key, [])
            spread = (fmean(folds), pstdev(folds)) if folds else (None, None)
            rows.append([title, training.holdout[key], *spread])
    return Table(["the champion's figures", "hold-out", "mean of folds", "deviation"], rows)
