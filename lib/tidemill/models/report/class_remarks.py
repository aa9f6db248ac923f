"""What the figures of a model of two classes mean. The limits are rules of thumb, and are said with the numbers."""

import math
from collections.abc import Iterator

from tidemill.models.evaluation import Classes, Findings
from tidemill.models.report.words import Remark, listed, number, of_100, percent

# Published figures on data of people and things rarely lie above.
TOO_GOOD = 0.98
POOR, WEAK, FAIR, GOOD = 0.6, 0.7, 0.8, 0.9
FEW_ROWS = 100
CALIBRATED = 0.02


def class_remarks(findings: Findings, classes: Classes) -> Iterator[Remark]:
    """What it finds, how well it tells the classes apart, whether its probabilities are true, and what to beware of."""
    yield _answer(findings, classes)
    yield _discrimination(findings)
    yield calibration(classes)
    yield from _baseline(findings, classes)
    yield from _size(classes)


def _answer(findings: Findings, classes: Classes) -> Remark:
    named, positives = classes.tp + classes.fp, classes.tp + classes.fn
    target = f"{findings.subject.target} = 1"
    if not named:
        return Remark("answer", f"At its threshold it names no row as {target}: it finds none of them.", "bad")
    if not positives:
        return Remark("answer", f"No row of the hold-out has {target}: what it finds could not be judged.", "bad")
    how = "chosen on out-of-fold predictions" if classes.chosen else "as none was chosen"
    return Remark(
        "answer",
        f"Of 100 rows that it names, {of_100(classes.tp / named)} have {target}, against {of_100(classes.share)} of "
        f"100 rows in all; it finds {of_100(classes.tp / positives)} of 100 that have it. It names those with a "
        f"probability of at least {number(classes.threshold)} ({how}): {of_100(named / findings.subject.rows)} of 100.",
    )


def _discrimination(findings: Findings) -> Remark:
    area = findings.holdout["roc_auc"]
    if math.isnan(area.value):
        return Remark(
            "discrimination", "The hold-out has one class alone: nothing can be said of how it tells them apart.", "bad"
        )
    found = (
        f"ROC AUC {number(area.value)} (95 % interval {number(area.low)} to {number(area.high)}): of a row with "
        f"{findings.subject.target} = 1 and one without, it gives the first the higher probability "
        f"{of_100(area.value)} times of 100"
    )
    if area.value > TOO_GOOD:
        suspects = listed([f"'{each.name}'" for each in findings.columns[:3]])
        return Remark(
            "discrimination",
            f"{found}. That is too good to be believed at once: look for leakage, a column that is only known after "
            f"the fact or is made of the target. Begin with {suspects}.",
            "bad",
        )
    if area.value < POOR or area.low <= 0.5:
        return Remark(
            "discrimination", f"{found}. That is poor, hardly better than guessing (50): do not use it.", "bad"
        )
    if area.value < WEAK:
        return Remark("discrimination", f"{found}. That is weak; guessing gives 50.", "bad")
    grade = "fair" if area.value < FAIR else "good" if area.value < GOOD else "very good"
    return Remark(
        "discrimination", f"{found}. That is {grade}; guessing gives 50.", "good" if grade != "fair" else "plain"
    )


def calibration(classes: Classes) -> Remark:
    """Whether its probabilities can be taken at face value.

    They are held against what chance alone would make of true ones: in a bin of n rows with probability p the share of
    class 1 is off by sqrt(2/pi p(1-p)/n) on average.
    """
    rows = sum(each.rows for each in classes.calibration)
    error = sum(each.rows * abs(each.probability - each.share) for each in classes.calibration) / rows
    chance = sum(
        each.rows * math.sqrt(2 / math.pi * each.probability * (1 - each.probability) / each.rows)
        for each in classes.calibration
    )
    expected = (
        f"It expects {of_100(classes.mean_probability)} of 100 rows to be of class 1, and {of_100(classes.share)} are"
    )
    points = f"{100 * error:.1f} percentage points"
    if error <= max(CALIBRATED, 1.5 * chance / rows):
        return Remark(
            "calibration",
            f"Its probabilities can be taken at face value: they are {points} off on average, which chance alone could "
            f"do. {expected}.",
            "good",
        )
    gap = classes.mean_probability - classes.share
    if abs(gap) > 0.6 * error:
        off = f"too {'high' if gap > 0 else 'low'} by {100 * abs(gap):.1f} percentage points on average"
    elif _slope(classes) < 1:
        off = f"too sure: high ones are too high and low ones too low, {points} off on average"
    else:
        off = f"too timid: high ones are too low and low ones too high, {points} off on average"
    return Remark(
        "calibration",
        f"Its probabilities are {off}. {expected}. Calibrate it, or use the order of its probabilities alone.",
        "bad",
    )


def _slope(classes: Classes) -> float:
    """Of the line through the bins from probability to share, each weighted by its rows."""
    rows = sum(each.rows for each in classes.calibration)
    above = [each.probability - classes.mean_probability for each in classes.calibration]
    pairs = list(zip(above, classes.calibration, strict=True))
    variance = sum(each.rows * gap * gap for gap, each in pairs) / rows
    return sum(each.rows * gap * (each.share - classes.share) for gap, each in pairs) / rows / (variance or 1)


def _baseline(findings: Findings, classes: Classes) -> Iterator[Remark]:
    accuracy, usual = findings.holdout["accuracy"].value, max(classes.share, 1 - classes.share)
    if accuracy <= usual:
        everyone = "1" if classes.share > 0.5 else "0"
        yield Remark(
            "baseline",
            f"It is right on {percent(accuracy)} of the rows, and calling every row {everyone} would be on "
            f"{percent(usual)}: judge it by what it finds and by its probabilities, not by its accuracy.",
        )


def _size(classes: Classes) -> Iterator[Remark]:
    fewest, of = min((classes.tp + classes.fn, 1), (classes.fp + classes.tn, 0))
    if fewest < FEW_ROWS:
        yield Remark(
            "size",
            f"Beware: all this rests on {fewest:.0f} rows of class {of}. Mind the intervals, they are wide.",
            "bad",
        )
