"""What the figures of a model of a number mean. The limits are rules of thumb, and are said with the numbers."""

import math
from collections.abc import Iterator

from tidemill.models.evaluation import Findings, Residuals
from tidemill.models.report.words import Remark, listed, number, percent

TOO_GOOD = 0.98
POOR, WEAK, FAIR, GOOD = 0.1, 0.3, 0.6, 0.9
FEW_ROWS = 100
# Standard errors that a bias must lie from 0, where many are looked at.
SURE = 3.5


def number_remarks(findings: Findings, residuals: Residuals) -> Iterator[Remark]:
    """How far off it is, how much of the differences it explains, and whether its errors lean to one side."""
    yield _answer(findings, residuals)
    yield _explained(findings, residuals)
    yield _bias(findings, residuals)
    yield from _leaning(findings, residuals)
    if findings.subject.rows < FEW_ROWS:
        yield Remark(
            "size", f"Beware: all this rests on {findings.subject.rows} rows. Mind the intervals, they are wide.", "bad"
        )


def _answer(findings: Findings, residuals: Residuals) -> Remark:
    half, most, nearly_all = (number(residuals.sizes[share]) for share in ("0.5", "0.9", "0.99"))
    mae, relative = findings.holdout["mae"].value, findings.holdout["mape"].value
    # Beyond, a target near 0 makes a relative error of nothing.
    share = f", or {percent(relative)} of the actual {findings.subject.target}" if relative < 1 else ""
    return Remark(
        "answer",
        f"Half of its predictions are within {half} of the actual {findings.subject.target}, 90 of 100 within {most}, "
        f"and one of 100 is off by more than {nearly_all}. The mean error is {number(mae)}{share}.",
    )


def _explained(findings: Findings, residuals: Residuals) -> Remark:
    fit = findings.holdout["r2"]
    if math.isnan(fit.value):
        return Remark("fit", "The target is the same in the whole hold-out: nothing can be said of the fit.", "bad")
    found = (
        f"R\N{SUPERSCRIPT TWO} {number(fit.value)} (95 % interval {number(fit.low)} to {number(fit.high)}): its "
        f"squared error is {percent(1 - fit.value)} of what always predicting the mean, "
        f"{number(residuals.target_mean)}, gives"
    )
    if fit.value > TOO_GOOD:
        suspects = listed([f"'{each.name}'" for each in findings.columns[:3]])
        return Remark(
            "fit",
            f"{found}. That is too good to be believed at once: look for leakage, a column that is only known after "
            f"the fact or is made of the target. Begin with {suspects}.",
            "bad",
        )
    if fit.value < POOR or fit.low <= 0:
        return Remark("fit", f"{found}. That is poor, hardly better than the mean: do not use it.", "bad")
    if fit.value < WEAK:
        return Remark("fit", f"{found}. That is weak.", "bad")
    grade = "fair" if fit.value < FAIR else "good" if fit.value < GOOD else "very good"
    return Remark("fit", f"{found}. That is {grade}.", "good" if grade != "fair" else "plain")


def _bias(findings: Findings, residuals: Residuals) -> Remark:
    error = residuals.deviation / math.sqrt(findings.subject.rows)
    size = findings.holdout["mae"].value
    if abs(residuals.mean) > SURE * error and abs(residuals.mean) > 0.1 * size:
        way = "high" if residuals.mean > 0 else "low"
        return Remark(
            "bias", f"On the whole it predicts too {way}, by {number(abs(residuals.mean))} on average.", "bad"
        )
    return Remark(
        "bias",
        f"On the whole its errors cancel out: they are {number(residuals.mean)} on average, of a mean size of "
        f"{number(size)}.",
        "good",
    )


def _leaning(findings: Findings, residuals: Residuals) -> Iterator[Remark]:
    """The outermost tenths of the predictions, where a model that is too timid or too bold errs to one side."""
    size = findings.holdout["mae"].value
    for place, which in ((0, "lowest"), (-1, "highest")):
        tenth = residuals.by_prediction[place]
        # A normal distribution's quartiles lie 1.35 deviations apart.
        error = (tenth.high - tenth.low) / 1.35 / math.sqrt(tenth.rows)
        if len(residuals.by_prediction) > 1 and abs(tenth.mean) > SURE * error and abs(tenth.mean) > 0.25 * size:
            way = "high" if tenth.mean > 0 else "low"
            yield Remark(
                f"{which}_tenth",
                f"The {which} tenth of its predictions, about {number(tenth.prediction)}, is too {way} by "
                f"{number(abs(tenth.mean))} on average.",
                "bad",
            )
