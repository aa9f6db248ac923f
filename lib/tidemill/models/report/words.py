"""Numbers and names as a reader expects them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidemill.models.evaluation import Findings
from tidemill.models.settings import LOG
from tidemill.reports import Tone

TITLES = {
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "f2": "F2",
    "mcc": "Matthews' correlation",
    "brier": "Brier score",
    "ece": "calibration error",
    "log_loss": "log loss",
    "gain_at_10": "share found in the first tenth",
    "lift_at_10": "lift of the first tenth",
    "mse": "MSE",
    "rmse": "RMSE",
    "mae": "MAE",
    "mape": "mean relative error",
    "r2": "R\N{SUPERSCRIPT TWO}",
    "median_ae": "median error",
}


@dataclass(frozen=True)
class Remark:
    """A sentence or two on a model.

    Attributes:
        about: which rule made it.
        text: with its numbers.
        tone: bad where somebody should do something about it.
    """

    about: str
    text: str
    tone: Tone = "plain"


def title(figure: str) -> str:
    """A figure's name in words."""
    name = figure.removesuffix(LOG)
    scale = " of the logarithm" if name != figure else ""
    if name.endswith("_of_0"):
        return f"{title(name.removesuffix('_of_0'))} of class 0{scale}"
    return TITLES.get(name, name.replace("_", " ")) + scale


def number(value: float) -> str:
    """To three or four digits, thousands set apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if 0.1 <= abs(value) < 1 else f"{value:.3g}"


def of_100(share: float) -> str:
    """A share as a count of a hundred."""
    count = 100 * share
    if 0 < count < 0.5:
        return "fewer than 1"
    return "more than 99" if 99.5 <= count < 100 else f"{count:.0f}"


def percent(share: float) -> str:
    """A share in per cent, to two digits below ten."""
    return f"{100 * share:.0f} %" if abs(share) >= 0.0995 else f"{100 * share:.2g} %"


def listed(parts: Sequence[str]) -> str:
    """One, another and a third."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def error_in_words(findings: Findings, error: float) -> str:
    """A segment's error as a reader expects it."""
    relative = findings.subject.task == "binary" or findings.subject.transform != "none"
    return percent(error) if relative else number(error)
