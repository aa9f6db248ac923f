"""Plots in one manner. They carry no colours of their own: the page gives them its light or dark ones."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

HEIGHT = 380
REFERENCE = {"color": "#8a8f98", "dash": "dot", "width": 1.5}


def bars(
    series: Mapping[str, Mapping[str, float]],
    value_title: str,
    expected: Mapping[str, float] | None = None,
    expected_name: str = "expected",
) -> go.Figure:
    """Lie bars under one another, a colour a series, with a tick where each was expected to end.

    Args:
        series: name -> label -> value; a label belongs to one series.
        value_title: what the bars measure.
        expected: label -> value.
        expected_name: what the ticks are called.
    """
    figure = go.Figure()
    for name, values in series.items():
        figure.add_bar(y=list(values), x=list(values.values()), name=name, orientation="h")
    if expected is not None:
        figure.add_scatter(
            y=list(expected),
            x=list(expected.values()),
            name=expected_name,
            mode="markers",
            marker={"symbol": "line-ns", "size": 13, "line": {"width": 2.5, "color": REFERENCE["color"]}},
        )
    labels = sum(len(values) for values in series.values())
    figure.update_layout(height=110 + 19 * labels, xaxis_title=value_title, bargap=0.35, barmode="overlay")
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


def roc(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> go.Figure:
    """Draw ROC curves over the diagonal of a guess: name -> (false positive rates, true positive rates)."""
    figure = go.Figure()
    for name, (false_positives, true_positives) in curves.items():
        figure.add_scatter(x=list(false_positives), y=list(true_positives), name=name, mode="lines", showlegend=True)
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=REFERENCE, layer="below")
    figure.update_layout(height=HEIGHT + 40, xaxis_title="false positive rate", yaxis_title="true positive rate")
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
    figure.update_layout(height=120 + 60 * len(series), xaxis_title=value_title, showlegend=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    return figure
