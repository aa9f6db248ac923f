"""Plots in one manner. They carry no colours of their own: the page gives them its light or dark ones."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from textwrap import wrap

import plotly.graph_objects as go

HEIGHT = 380
MARKS = ("circle-open", "diamond", "square-open")
REFERENCE = {"color": "#8a8f98", "dash": "dot", "width": 1.5}


def bars(
    series: Mapping[str, Mapping[str, float]],
    value_title: str,
    expected: Mapping[str, float] | None = None,
    expected_name: str = "expected",
    spread: Mapping[str, float] | None = None,
) -> go.Figure:
    """Lie bars under one another, a colour a series, with a tick where each was expected to end.

    Args:
        series: name -> label -> value; a label belongs to one series.
        value_title: what the bars measure.
        expected: label -> value.
        expected_name: what the ticks are called.
        spread: label -> how far the value varies to either side.
    """
    figure = go.Figure()
    for name, values in series.items():
        figure.add_bar(y=list(values), x=list(values.values()), name=name, orientation="h")
        if spread is not None:
            whiskers = {"color": REFERENCE["color"], "thickness": 1.5, "width": 3}
            figure.data[-1].error_x = {"type": "data", "array": [spread[label] for label in values], **whiskers}
    if expected is not None:
        figure.add_scatter(
            y=list(expected),
            x=list(expected.values()),
            name=expected_name,
            mode="markers",
            marker={"symbol": "line-ns", "size": 13, "line": {"width": 2.5, "color": REFERENCE["color"]}},
        )
    labels = [name for values in series.values() for name in values]
    figure.update_layout(
        height=110 + _row(labels, 19) * len(labels), xaxis_title=value_title, bargap=0.35, barmode="overlay"
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 11})
    return figure


def stacked_bars(series: Mapping[str, Mapping[str, float]], value_title: str) -> go.Figure:
    """Stack the series' values label by label: name -> label -> value."""
    figure = go.Figure()
    for name, values in series.items():
        figure.add_bar(y=list(values), x=list(values.values()), name=name, orientation="h")
    labels = {label for values in series.values() for label in values}
    figure.update_layout(height=130 + 42 * len(labels), xaxis_title=value_title, bargap=0.4, barmode="stack")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def roc(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], point: tuple[float, float, str] | None = None
) -> go.Figure:
    """Draw ROC curves over the diagonal of a guess: name -> (false positive rates, true positive rates).

    Args:
        curves: by name.
        point: false and true positive rate where the model is used, and what that is called.
    """
    return shares(curves, "false positive rate", "true positive rate", ((0, 0), (1, 1)), point)


def shares(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x_title: str,
    y_title: str,
    reference: tuple[tuple[float, float], tuple[float, float]],
    point: tuple[float, float, str] | None = None,
    dots: bool = False,
) -> go.Figure:
    """Draw shares from 0 to 1 over shares, in a square.

    Args:
        curves: name -> (shares, shares).
        x_title: what lies along the bottom.
        y_title: what stands at the side.
        reference: the two ends of a dotted line that the curves are compared with.
        point: where the model is used, and what that is called.
        dots: mark each value, as where there are few.
    """
    figure = go.Figure()
    mode = "lines+markers" if dots else "lines"
    for name, (x, y) in curves.items():
        figure.add_scatter(x=list(x), y=list(y), name=name, mode=mode, showlegend=True)
    if point is not None:
        marker = {"size": 11, "symbol": "diamond"}
        figure.add_scatter(x=[point[0]], y=[point[1]], name=point[2], mode="markers", marker=marker)
    (x0, y0), (x1, y1) = reference
    figure.add_shape(type="line", x0=x0, y0=y0, x1=x1, y1=y1, line=REFERENCE, layer="below")
    figure.update_layout(height=HEIGHT + 40, xaxis_title=x_title, yaxis_title=y_title)
    figure.update_xaxes(range=[0, 1], constrain="domain")
    figure.update_yaxes(range=[0, 1.005], scaleanchor="x")
    return figure


def against(
    groups: Mapping[str, tuple[Sequence[float], Sequence[float]]], actual_title: str, predicted_title: str
) -> go.Figure:
    """Plot predicted against actual values, on the diagonal where they agree: name -> (actual, predicted)."""
    figure = go.Figure()
    for name, (actual, predicted) in groups.items():
        figure.add_scattergl(
            x=list(actual), y=list(predicted), name=name, mode="markers", marker={"size": 5, "opacity": 0.55}
        )
    values = [value for pair in groups.values() for side in pair for value in side]
    low, high = (min(values), max(values)) if values else (0, 1)
    figure.add_shape(type="line", x0=low, y0=low, x1=high, y1=high, line=REFERENCE, layer="below")
    figure.update_layout(height=HEIGHT + 60, xaxis_title=actual_title, yaxis_title=predicted_title)
    return figure


def lines(
    series: Mapping[str, tuple[Sequence[object], Sequence[float]]],
    value_title: str,
    dots: bool = False,
    limit: float | None = None,
) -> go.Figure:
    """Draw values over time or order.

    Args:
        series: name -> (where, value).
        value_title: what the values measure.
        dots: mark each value, as where there are few.
        limit: a value that a dotted line is drawn at.
    """
    figure = go.Figure()
    mode = "lines+markers" if dots else "lines"
    for name, (where, values) in series.items():
        figure.add_scatter(x=list(where), y=list(values), name=name, mode=mode, line={"width": 1.5})
    if limit is not None:
        figure.add_hline(y=limit, line=REFERENCE, layer="below")
    figure.update_layout(height=HEIGHT, yaxis_title=value_title, hovermode="x unified")
    return figure


def mark(figure: go.Figure, marks: Mapping[str, tuple[Sequence[object], Sequence[float]]]) -> None:
    """Set marks on a figure of lines, a shape a name: name -> (where, value)."""
    for symbol, (name, (where, values)) in zip(MARKS, marks.items(), strict=False):
        marker = {"symbol": symbol, "size": 11, "line": {"width": 2}}
        figure.add_scatter(x=list(where), y=list(values), name=name, mode="markers", marker=marker)


def stacked_columns(series: Mapping[str, Sequence[float]], labels: Sequence[str], value_title: str) -> go.Figure:
    """Stand the series' values on one another, a column a label; labels differ: name -> a value for each label."""
    figure = go.Figure()
    for name, values in series.items():
        figure.add_bar(x=list(labels), y=list(values), name=name)
    figure.update_layout(height=HEIGHT, yaxis_title=value_title, barmode="stack", bargap=0.3, hovermode="x unified")
    figure.update_xaxes(type="category", showgrid=False)
    return figure


def points(series: Mapping[str, Sequence[float]], value_title: str) -> go.Figure:
    """Show every value of each series as a dot beside a box, such as a model's score in each fold."""
    figure = go.Figure()
    for name, values in series.items():
        figure.add_box(x=list(values), name=name, boxpoints="all", jitter=0.4, pointpos=0, marker={"size": 7})
    figure.update_layout(height=120 + _row(series, 60) * len(series), xaxis_title=value_title, showlegend=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    return figure


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> go.Figure:
    """Show how often each class (a row) was told as which (a column), coloured by its share of the class."""
    names = [label(name, 18) for name in classes]
    figure = go.Figure()
    figure.add_heatmap(
        z=[[round(count / max(1, sum(row)), 4) for count in row] for row in counts],
        x=names,
        y=names,
        text=[list(row) for row in counts],
        texttemplate="%{text}" if len(names) <= 20 else "",
        hovertemplate="class %{y}<br>told %{x}<br>%{text} rows<extra></extra>",
        colorscale="Blues",
        zmin=0,
        zmax=1,
        showscale=False,
    )
    figure.update_layout(height=180 + 34 * max(6, len(names)), xaxis_title="told", yaxis_title="class")
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure


def errors(predicted: Sequence[float], error: Sequence[float], x_title: str, y_title: str) -> go.Figure:
    """Plot errors over predictions, with a dotted line where there is none."""
    figure = go.Figure()
    marker = {"size": 5, "opacity": 0.55}
    figure.add_scattergl(x=list(predicted), y=list(error), mode="markers", marker=marker, showlegend=False)
    figure.add_hline(y=0, line=REFERENCE, layer="below")
    figure.update_layout(height=HEIGHT, xaxis_title=x_title, yaxis_title=y_title)
    return figure


def histogram(edges: Sequence[float], counts: Sequence[int], x_title: str, y_title: str) -> go.Figure:
    """Stand counts in their bins.

    Args:
        edges: of the bins, one more than counts.
        counts: of the bins.
        x_title: what is counted.
        y_title: what a count counts.
    """
    figure = go.Figure()
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    widths = [high - low for low, high in pairwise(edges)]
    figure.add_bar(x=middles, y=list(counts), width=widths, marker={"line": {"width": 0}}, showlegend=False)
    figure.update_layout(height=HEIGHT, xaxis_title=x_title, yaxis_title=y_title, bargap=0.05)
    return figure


def dependence(values: Sequence[float | str], answers: Sequence[float], x_title: str, y_title: str) -> go.Figure:
    """Show how an answer follows a number, as a line, or a category, as a column a level."""
    figure = go.Figure()
    if any(isinstance(value, str) for value in values):
        figure.add_bar(x=list(values), y=list(answers), showlegend=False)
        figure.update_xaxes(type="category", showgrid=False)
    else:
        figure.add_scatter(x=list(values), y=list(answers), mode="lines+markers", showlegend=False)
    figure.update_layout(height=HEIGHT - 80, xaxis_title=x_title, yaxis_title=y_title, bargap=0.4)
    return figure


def _row(labels: Iterable[str], least: int) -> int:
    """The height that each label has, in pixels: enough for the one with the most lines."""
    return max([least, *(18 * (1 + name.count("<br>")) for name in labels)])


def label(text: str, width: int = 28) -> str:
    """A text from data as a label: what a plot would take for markup is escaped, a long one is broken into lines."""
    return "<br>".join(escape(line, quote=False) for line in wrap(text, width)) or "\N{EN DASH}"
