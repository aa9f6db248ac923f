"""The sections that only a model of two classes has."""

from collections.abc import Sequence
from math import ceil

from plotly.graph_objects import Figure

from tidemill.models.evaluation import Classes, Curve, Findings
from tidemill.models.report.words import number, of_100, percent
from tidemill.reports import Block, KeyFigure, Note, Plot, Plots, Section, Table, figures

# As many bins as the calibration curve has.
TENTHS = 10


def class_key_figures(findings: Findings) -> list[KeyFigure]:
    """What a reader should see first."""
    found = findings.holdout
    told = [("roc_auc", "ROC AUC"), ("precision", "precision: of those named"), ("recall", "recall: of those to find")]
    return [KeyFigure(_shown(found[name].value), words) for name, words in (*told, ("f1", "F1"))] + [
        KeyFigure(f"{found['ece'].value:.3f}", "calibration error")
    ]


def class_sections(findings: Findings, classes: Classes) -> list[Section]:
    """What the model finds at its threshold and at others, and whether its probabilities are true."""
    return [
        Section("Whom it finds", [_confusion(findings, classes), _each_class(findings), *_curves(findings, classes)]),
        Section("Whether its probabilities are true", _calibration(classes)),
    ]


def _shown(value: float) -> str:
    return f"{value:.3f}"


def _confusion(findings: Findings, classes: Classes) -> Table:
    target = findings.subject.target
    rows = [
        [f"{target} = 1", round(classes.tp), round(classes.fn), _found(classes.tp, classes.fn)],
        [f"{target} = 0", round(classes.tn), round(classes.fp), _found(classes.tn, classes.fp)],
    ]
    caption = f"Rows by class; at least {number(classes.threshold)} probability counts as 1"
    return Table(["what was", "told so", "told otherwise", "right"], rows, caption)


def _found(right: float, wrong: float) -> str:
    return f"{of_100(right / (right + wrong))} of 100" if right + wrong else "\N{EN DASH}"


def _each_class(findings: Findings) -> Table:
    found = findings.holdout
    rows = [
        [each, round(found[f"support_of_{each}"].value), *(found[name].value for name in names)]
        for each, names in {
            "1": ("precision", "recall", "f1"),
            "0": ("precision_of_0", "recall_of_0", "f1_of_0"),
        }.items()
    ]
    return Table(["class", "rows", "precision", "recall", "F1"], rows, "Each class's own figures, at the threshold")


def _curves(findings: Findings, classes: Classes) -> list[Block]:
    named, positives = classes.tp + classes.fp, classes.tp + classes.fn
    negatives = classes.fp + classes.tn
    recall = classes.tp / positives if positives else 0.0
    at = f"threshold {number(classes.threshold)}"
    roc = figures.roc(
        {f"AUC {_shown(findings.holdout['roc_auc'].value)}": _xy(classes.roc)},
        (classes.fp / negatives if negatives else 0.0, recall, at),
    )
    precision_recall = figures.shares(
        {f"average precision {_shown(findings.holdout['average_precision'].value)}": _xy(classes.precision_recall)},
        "recall: share of class 1 that is found",
        "precision: share of those named that are",
        ((0, classes.share), (1, classes.share)),
        (recall, classes.tp / named if named else 0.0, at),
    )
    gain = figures.shares(
        {"highest probability first": _xy(classes.gain)},
        "share of rows looked at",
        "share of class 1 found",
        ((0, 0), (1, 1)),
        (named / findings.subject.rows, recall, at),
    )
    lift = _lift(classes.gain)
    tenth = findings.holdout["gain_at_10"].value
    return [
        Plots(
            [
                Plot(roc, "ROC: what is found over what is named wrongly, as the threshold falls. Dotted: guessing."),
                Plot(
                    precision_recall,
                    f"Precision over recall. Dotted: naming everyone, {percent(classes.share)} of whom are of class 1.",
                ),
                Plot(
                    gain,
                    f"Gain: the tenth of the rows with the highest probability holds {percent(tenth)} of class 1. "
                    "Dotted: rows in any order.",
                ),
                Plot(lift, "Lift: how many times as many of class 1 as in rows taken in any order."),
            ]
        ),
        Note(
            "Another threshold is another point of these curves: a lower one finds more and names more wrongly. What "
            "each kind of error costs decides."
        ),
    ]


def _xy(curve: Curve) -> tuple[Sequence[float], Sequence[float]]:
    return curve.x, curve.y


def _lift(gain: Curve) -> Figure:
    """The lift from the first fiftieth of the rows on: before, a few rows make it."""
    points = [(share, found / share) for share, found in zip(gain.x, gain.y, strict=True) if share >= 0.02]
    figure = figures.lines({"lift": ([share for share, _ in points], [lift for _, lift in points])}, "lift", limit=1)
    figure.update_layout(xaxis_title="share of rows looked at", showlegend=False, height=420)
    figure.update_xaxes(range=[0, 1])
    figure.update_yaxes(rangemode="tozero")
    return figure


def _calibration(classes: Classes) -> list[Block]:
    bins = classes.calibration
    curve = figures.shares(
        {"bins of the hold-out": ([each.probability for each in bins], [each.share for each in bins])},
        "mean probability that it gave",
        "share that was of class 1",
        ((0, 0), (1, 1)),
        dots=True,
    )
    rows = [[each.probability, each.share, each.share - each.probability, round(each.rows)] for each in bins]
    columns = ["mean probability", "share of class 1", "difference", "rows"]
    return [
        Plots(
            [
                Plot(curve, "On the dotted line probabilities are what comes about; below it they are too high."),
                Plot(_rows_by_probability(classes), "How many rows were given which probability."),
            ]
        ),
        Table(columns, rows, summary="Each bin's numbers"),
    ]


def _rows_by_probability(classes: Classes) -> Figure:
    # A bin's mean lies within it; each holds its upper end.
    rows = {max(ceil(TENTHS * each.probability), 1): round(each.rows) for each in classes.calibration}
    edges = [place / TENTHS for place in range(TENTHS + 1)]
    counts = [rows.get(place, 0) for place in range(1, TENTHS + 1)]
    return figures.histogram(edges, counts, "probability that it gave", "rows").update_layout(height=420)
