"""Figures of predicted classes, of many groups at once, in one query that sends the rows through one exchange.

Definitions are scikit-learn's: a share of nothing is 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong
from tidemill.validation.figures.gathering import UNUSABLE, Figures, gather_figures
from tidemill.validation.figures.ranking import ranked, scored

# scikit-learn takes a probability of 0 for this one, where a logarithm is taken.
SMALLEST = 2.220446049250313e-16


class WrongFigureOptions(RequestWrong):
    """An option of the binary figures is out of its range."""

    def __init__(self, option: str, value: object, expected: str) -> None:
        super().__init__(f"the figures' option {option} is {value}, but must be {expected}")


@dataclass(frozen=True)
class BinaryOptions:
    """What some of the figures depend on.

    Attributes:
        beta: of the F-beta beside F1: how many times as much recall counts as precision. The figure is named after it:
            f2, f0_5.
        shares: of the rows, highest probability first, that lift and gain are given at: 0.1 makes lift_at_10.
        bins: equal in width, of the expected calibration error; each holds its upper end, the first 0 too.

    Raises:
        WrongFigureOptions: one is out of its range.
    """

    beta: float = 2.0
    shares: tuple[float, ...] = (0.1,)
    bins: int = 10

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise WrongFigureOptions("beta", self.beta, "above 0")
        if not all(0 < share <= 1 for share in self.shares):
            raise WrongFigureOptions("shares", self.shares, "above 0 and at most 1 each")
        if self.bins < 1:
            raise WrongFigureOptions("bins", self.bins, "at least 1")


USUAL = BinaryOptions()


def binary_figures_by(
    predictions: DataFrame,
    by: Sequence[str],
    label: str = "label",
    prediction: str = "prediction",
    probability: str = "probability_of_1",
    weight: str | None = None,
    options: BinaryOptions = USUAL,
) -> DataFrame:
    """The figures of each group's predictions, in one query: an exchange by group, a sort, a pass.

    Memory: a group's rows pass through one task and need not fit into it; nothing but the result leaves the executors.

    Args:
        predictions: one row a prediction: the group's columns; label and prediction numbers, 0 or 1; probability
            double, of class 1, from 0 to 1; a weight that is at least 0.
        by: the columns of a group, such as candidate and fold; none makes all rows one group.
        label: the column of what was.
        prediction: the column of what was predicted.
        probability: the column of the probability of class 1.
        weight: the column of the rows' weights; without it each counts 1.
        options: what F-beta, lift, gain and the calibration error depend on.

    Returns:
        One row a group: its columns, then double:

        - accuracy; precision, recall and f1 of class 1; f2; specificity; balanced_accuracy (of the classes that are
          there); mcc, Matthews' correlation;
        - roc_auc, ties counting half (not a number with one class alone); average_precision, the sum of precision times
          step in recall (0 without a positive);
        - log_loss in nats, a probability of 0 taken as 2.2e-16; brier; ece, the mean distance between a bin's mean
          probability and its share of class 1, weighted by rows (Guo et al. 2017);
        - gain_at_10, the share of all positives among the tenth of the rows with the highest probability, and
          lift_at_10, how many times a random tenth's that is; rows that tie at the cut count by the share that fits;
        - precision_of_0, recall_of_0, f1_of_0; support_of_0 and support_of_1, the weight of each class;

        and unusable long, the rows that break the above; the figures are of the others.
    """
    rows = ranked(scored(predictions, by, label, probability, prediction, weight), by)
    sums = rows.groupBy(*by).agg(*(F.expr(sql).alias(name) for name, sql in _sums(options).items()))
    counts = sums.selectExpr("*", "_P - _tp as _fn", "_N - _fp as _tn", "_P + _N as _W")
    figures = {name: f"cast({sql} as double)" for name, sql in _figures(options).items()}
    return counts.select(*by, *(F.expr(sql).alias(name) for name, sql in figures.items()), UNUSABLE)


def binary_figures(
    rows: DataFrame,
    label: str = "label",
    prediction: str = "prediction",
    probability: str = "probability_of_1",
    weight: str | None = None,
    options: BinaryOptions = USUAL,
) -> Figures:
    """The figures of one set of predictions: see `binary_figures_by`. Without a row none is a number.

    Raises:
        UnusablePredictions: a label or prediction is not 0 or 1, or a probability not from 0 to 1, or one is missing.
    """
    return gather_figures(binary_figures_by(rows, (), label, prediction, probability, weight, options))[()]


def binary_figure_names(options: BinaryOptions = USUAL) -> tuple[str, ...]:
    """The names of the figures, in their order."""
    return tuple(_figures(options))


def _sums(options: BinaryOptions) -> dict[str, str]:
    loss = f"_pos * ln(greatest(_p, {SMALLEST})) + _neg * ln(greatest(1 - _p, {SMALLEST}))"
    sums = {
        "_P": "sum(_pos)",
        "_N": "sum(_neg)",
        "_tp": "sum(_said_pos)",
        "_fp": "sum(_said_neg)",
        # Pairs in which the positive lies at or above the negative, less those in which it lies at or below.
        "_pairs": "sum(_neg * _tps - _pos * _fps)",
        "_steps": "sum(_pos * try_divide(_tps, _tps + _fps))",
        "_loss": f"-sum({loss})",
        "_squares": "sum(_pos * (1 - _p) * (1 - _p) + _neg * _p * _p)",
        UNUSABLE: "sum(_unusable)",
    }
    own_bin = f"greatest(ceil(_p * {options.bins}), 1)"
    for place in range(1, options.bins + 1):
        sums[f"_bin_{place}"] = f"sum(if({own_bin} = {place}, _pos - _p * (_pos + _neg), 0))"
    for place, share in enumerate(options.shares):
        cut = f"{share!r} * (_all_pos + _all_neg)"
        sums[f"_above_{place}"] = f"max(if(_tps + _fps <= {cut}, _tps + _fps, 0))"
        sums[f"_gained_{place}"] = f"max(if(_tps + _fps <= {cut}, _tps, 0))"
        sums[f"_below_{place}"] = f"min(if(_tps + _fps >= {cut}, _tps + _fps, null))"
        sums[f"_reached_{place}"] = f"min(if(_tps + _fps >= {cut}, _tps, null))"
    return sums


def _figures(options: BinaryOptions) -> dict[str, str]:
    square = repr(float(options.beta) ** 2)
    recall, specificity = _share("_tp", "_P"), _share("_tn", "_N")
    gaps = " + ".join(f"abs(_bin_{place})" for place in range(1, options.bins + 1))
    figures = {
        "accuracy": "try_divide(_tp + _tn, _W)",
        "precision": _share("_tp", "_tp + _fp"),
        "recall": recall,
        "f1": _share("2 * _tp", "2 * _tp + _fp + _fn"),
        f"f{_plain(options.beta)}": _share(f"(1 + {square}) * _tp", f"(1 + {square}) * _tp + {square} * _fn + _fp"),
        "specificity": specificity,
        "balanced_accuracy": f"case when _P = 0 then {specificity} when _N = 0 then {recall} "
        f"else ({recall} + {specificity}) / 2 end",
        "mcc": _share("_tp * _tn - _fp * _fn", "sqrt((_tp + _fp) * (_tp + _fn) * (_tn + _fp) * (_tn + _fn))"),
        "roc_auc": "if(_P > 0 and _N > 0, 0.5D + try_divide(_pairs, 2 * _P * _N), double('NaN'))",
        "average_precision": _share("_steps", "_P"),
        "log_loss": "try_divide(_loss, _W)",
        "brier": "try_divide(_squares, _W)",
        "ece": f"try_divide({gaps}, _W)",
    }
    for place, share in enumerate(options.shares):
        partly = _share(f"{share!r} * _W - _above_{place}", f"_below_{place} - _above_{place}")
        gain = _share(f"_gained_{place} + (_reached_{place} - _gained_{place}) * {partly}", "_P")
        figures[f"gain_at_{_plain(100 * share)}"] = gain
        figures[f"lift_at_{_plain(100 * share)}"] = f"{gain} / {share!r}"
    return figures | {
        "precision_of_0": _share("_tn", "_tn + _fn"),
        "recall_of_0": specificity,
        "f1_of_0": _share("2 * _tn", "2 * _tn + _fp + _fn"),
        "support_of_0": "_N",
        "support_of_1": "_P",
    }


def _share(part: str, whole: str) -> str:
    """The SQL of a share that is 0 where the whole is 0, and null where there is no row."""
    return f"if({whole} = 0, 0, try_divide({part}, {whole}))"


def _plain(number: float) -> str:
    return f"{number:g}".replace(".", "_")
