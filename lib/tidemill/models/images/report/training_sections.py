"""The sections on how the classifier was trained."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from plotly.graph_objects import Figure

from tidemill.models.images.findings import ImageFindings, stages_of
from tidemill.reports import Note, Plot, Plots, Section, Table, figures

# More points than these a curve cannot show.
POINTS = 600


def training_section(findings: ImageFindings) -> Section:
    """Loss and accuracy by step, the stages, and what it cost."""
    if not findings.losses:
        return Section("Training", [Note("No step of it was recorded.")])
    rows = [
        [each.stage, place, each.step, each.loss, each.validation_loss, each.validation_accuracy]
        for place, each in enumerate(findings.epochs, start=1)
    ]
    columns = ["stage", "epoch", "step", "loss", "validation loss", "validation accuracy"]
    return Section(
        "Training",
        [
            Note(_cost(findings)),
            Plots([Plot(_losses(findings), _caption(findings, "Loss")), Plot(_accuracy(findings), _caption(findings))]),
            Table(columns, rows, summary="Each epoch's numbers"),
        ],
    )


def _cost(findings: ImageFindings) -> str:
    speed = findings.speed
    ranks, threads = _counted(speed["ranks"], "rank"), _counted(speed["threads"], "thread")
    told = f"{len(findings.losses):,} steps on {ranks} of {threads} ({speed['backend']}, {speed['device']})"
    if speed.get("images_per_second"):
        told += f": {speed['images_per_second']:,.0f} images a second over {speed['training_seconds']:,.0f} s"
    if speed["ranks"] > 1:
        told += f", {speed['exchanging_seconds']:,.1f} s of them to exchange gradients"
    told += f". The test split was answered at {speed['answered_per_second']:,.0f} images a second."
    if speed.get("resumed_at") is not None:
        told += (
            f" This run went on from step {speed['resumed_at']:,} of one that had been stopped; the curves show both."
        )
    return told


def _counted(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _caption(findings: ImageFindings, what: str = "") -> str:
    stages = list(stages_of(findings.epochs))
    marked = f" Dotted: where a stage begins ({', '.join(stages)})." if len(stages) > 1 else ""
    if what:
        return f"{what} by step: of each batch, smoothed, and of the validation split after each epoch.{marked}"
    return f"Accuracy on the validation split after each epoch.{marked}"


def _losses(findings: ImageFindings) -> Figure:
    steps, losses = _smoothed(findings.losses)
    ends = [each.step for each in findings.epochs]
    figure = figures.lines({"training": (steps, losses)}, "loss")
    figure.add_scatter(
        x=ends, y=[each.validation_loss for each in findings.epochs], name="validation", mode="lines+markers"
    )
    return _marked(figure, findings)


def _accuracy(findings: ImageFindings) -> Figure:
    ends = [each.step for each in findings.epochs]
    values = [each.validation_accuracy for each in findings.epochs]
    return _marked(figures.lines({"validation": (ends, values)}, "accuracy", dots=True), findings)


def _smoothed(losses: Sequence[float]) -> tuple[list[int], list[float]]:
    """The mean of as many neighbours as make a curve of at most POINTS."""
    width = max(1, -(-len(losses) // POINTS))
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    ends = [min((at + 1) * width, len(losses)) for at in range(len(parts))]
    return ends, [float(np.mean(part)) for part in parts]


def _marked(figure: Figure, findings: ImageFindings) -> Figure:
    """Where each stage begins, with its name."""
    begins = 0
    for stage, epochs in stages_of(findings.epochs).items():
        figure.add_vline(
            x=begins,
            line=figures.REFERENCE,
            layer="below",
            annotation={"text": figures.label(stage, 18), "font": {"size": 11}},
            annotation_position="top right",
        )
        begins = epochs[-1].step
    return figure.update_layout(xaxis_title="step", height=figures.HEIGHT + 20)


def facts_section(findings: ImageFindings) -> Section:
    """What it was made of, so that it can be made again."""
    height, width, channels = findings.shape
    rows: list[list[Any]] = [
        ["model", f"{findings.name}, version {findings.version}"],
        ["base", f"{findings.base}, images of {findings.size} x {findings.size} pixels"],
        ["table", f"{findings.table}, version {findings.table_version}"],
        ["images", ", ".join(f"{count:,} {split}" for split, count in sorted(findings.splits.items()))],
        ["each image", f"{height} x {width} pixels, {_counted(channels, 'channel')}"],
        ["classes", ", ".join(findings.classes)],
        ["weights", f"sha256 {findings.weights}"],
        ["trained", findings.trained_at],
        ["packages", ", ".join(f"{name} {number}" for name, number in findings.versions.items())],
    ]
    settings = [[key, _plain(value)] for key, value in sorted(findings.settings.items())]
    return Section(
        "The model",
        [
            Table(["what", "value"], rows, wrapped="value"),
            Table(["setting", "value"], settings, summary="How it was trained", wrapped="value"),
        ],
    )


def _plain(value: Any) -> str | int | float:
    return value if isinstance(value, str | int | float) else json.dumps(value)
