"""The section that only a model of a number has."""

from plotly.graph_objects import Figure

from tidemill.models.evaluation import Findings, Residuals
from tidemill.models.report.words import number, percent, title
from tidemill.reports import Block, KeyFigure, Plot, Plots, Section, Table, figures

DIAGONAL = "On the dotted line both agree."


def number_key_figures(findings: Findings) -> list[KeyFigure]:
    """What a reader should see first."""
    found = findings.holdout
    numbers = [KeyFigure(number(found[name].value), title(name)) for name in ("r2", "mae", "rmse")]
    if found["mape"].value < 1:
        numbers.append(KeyFigure(percent(found["mape"].value), title("mape")))
    if findings.subject.metric not in ("r2", "mae", "rmse", "mape"):
        metric = findings.subject.metric
        numbers.append(KeyFigure(number(found[metric].value), title(metric)))
    return numbers


def number_section(findings: Findings, residuals: Residuals) -> Section:
    """How far off it is, and where on the scale. Errors are prediction - target: above 0 it predicted too much."""
    target = findings.subject.target
    name = figures.label(target)
    errors = [said - was for said, was in zip(residuals.predicted, residuals.actual, strict=True)]
    shown = f"{len(errors):,} rows" + (" drawn at random" if len(errors) < findings.subject.rows else "")
    against = figures.against({"": (residuals.actual, residuals.predicted)}, f"actual {name}", f"predicted {name}")
    against.update_layout(showlegend=False, height=420)
    over = figures.errors(residuals.predicted, errors, f"predicted {name}", "error: predicted - actual")
    over.update_layout(height=420)
    counts = figures.histogram(residuals.edges, residuals.counts, "error: predicted - actual", "rows")
    blocks: list[Block] = [
        Plots(
            [
                Plot(against, f"Predicted against actual {target}, {shown}. {DIAGONAL}"),
                Plot(over, f"Errors over predictions, {shown}. Above the dotted line the prediction was too high."),
            ]
        ),
        Plots(
            [
                Plot(counts, "How errors are spread. The outer bins hold what lies beyond them."),
                Plot(_tenths(residuals, target), "The mean error of each tenth of the predictions, lowest first."),
            ]
        ),
        _quantiles(residuals),
        _tenths_table(residuals),
    ]
    return Section("How far off it is", blocks)


def _tenths(residuals: Residuals, target: str) -> Figure:
    tenths = residuals.by_prediction
    where = [each.prediction for each in tenths]
    series = {
        "mean error": (where, [each.mean for each in tenths]),
        "lower quarter": (where, [each.low for each in tenths]),
        "upper quarter": (where, [each.high for each in tenths]),
    }
    figure = figures.lines(series, "error: predicted - actual", dots=True, limit=0)
    return figure.update_layout(xaxis_title=f"predicted {figures.label(target)}")


def _quantiles(residuals: Residuals) -> Table:
    columns = [f"{percent(float(share))}" for share in residuals.quantiles]
    return Table(columns, [list(residuals.quantiles.values())], "Errors: so many of 100 lie below")


def _tenths_table(residuals: Residuals) -> Table:
    rows = [[each.prediction, each.mean, each.low, each.high, each.rows] for each in residuals.by_prediction]
    columns = ["mean prediction", "mean error", "lower quarter", "upper quarter", "rows"]
    return Table(columns, rows, summary="Each tenth's numbers")
