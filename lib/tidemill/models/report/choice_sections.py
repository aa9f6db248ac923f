"""How the model was chosen, and where it came from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any

import numpy as np

from tidemill.models.evaluation import CandidateFigures, Findings
from tidemill.models.report.imbalance_table import imbalance_table
from tidemill.models.report.words import percent, title
from tidemill.reports import Block, Note, Plot, Section, Table, figures

# Of a plot; all are in the table.
MOST = 12


def choice_section(findings: Findings) -> Section:
    """Every candidate's figures fold by fold, the best first."""
    metric = findings.subject.metric
    sign = -1 if findings.subject.larger_is_better else 1
    judged = [each for each in findings.candidates if metric in each.mean]
    ordered = sorted(judged, key=lambda each: (-each.share, sign * each.mean[metric]))
    fewer = [each for each in ordered if each.share < 1]
    plot = figures.points(
        {_label(each): [fold[metric] for fold in each.folds] for each in ordered[:MOST] if each not in fewer},
        title(metric),
    )
    best = " of the best" if len(ordered) > MOST else ""
    left_behind = f"{len(fewer)} of them were tried on a part of the rows alone and were not among its best."
    blocks: list[Block] = [
        Note(
            f"{len(findings.candidates)} candidates were cross-validated on the same folds of the training rows; the "
            f"one with the {'highest' if sign < 0 else 'lowest'} mean {title(metric)} was fitted to all of them."
        ),
        *([Note(left_behind)] if fewer else []),
        Plot(plot, f"{title(metric)}{best}, a dot a fold, which was predicted by a model fitted to the other folds."),
        _candidates(findings, ordered),
        *_imbalance(findings),
        _folds("The winner's figures, fold by fold", findings.winner.folds),
    ]
    if findings.confirmed:
        blocks.append(_folds("The winner once more, on folds that the search has not seen", findings.confirmed))
    if findings.nested:
        told = "What the search chooses, scored on folds that it did not see (nested cross-validation)"
        blocks.append(_folds(told, findings.nested))
    if findings.promotion:
        blocks.append(Note(f"Why it is the champion, or not: {findings.promotion}."))
    if findings.comparison:
        blocks.append(Note(findings.comparison))
    return Section("How it was chosen", blocks)


def facts_section(findings: Findings) -> Section:
    """Where the model came from."""
    subject = findings.subject
    trained = datetime.fromisoformat(subject.trained_at)
    scale = "" if subject.transform == "none" else f", learnt on the scale {subject.transform}"
    rows = [
        ["model", f"{subject.name}, version {subject.version}"],
        ["algorithm", findings.winner.algorithm.replace("_", " ")],
        ["parameters", _told(findings.winner.parameters) or "as the model's file sets them"],
        ["target", f"{subject.target}{scale}"],
        ["table", f"{subject.table}, version {subject.table_version}"],
        ["trained", f"{trained:%Y-%m-%d %H:%M:%S %Z}".strip()],
        ["rows held out", f"{subject.rows:,}"],
        ["columns", ", ".join(sorted(each.name for each in findings.columns))],
    ]
    return Section("The model", [Table(["what", "value"], rows, wrapped="value")])


def _candidates(findings: Findings, ordered: list[CandidateFigures]) -> Table:
    # The metric first, then what else was computed in every fold.
    metric = findings.subject.metric
    parts = any(each.share < 1 for each in ordered)
    names = [metric, *(name for name in ordered[0].mean if name != metric and not name.startswith("support_"))][:6]
    rows = [
        [
            each.algorithm.replace("_", " "),
            _told(each.parameters),
            each.mean[metric],
            each.deviation.get(metric),
            *(each.mean.get(name) for name in names[1:]),
            *([percent(each.share)] if parts else []),
        ]
        for each in ordered
    ]
    columns = ["algorithm", "parameters", title(metric), "deviation", *(title(name) for name in names[1:])]
    columns += ["of the rows"] if parts else []
    return Table(columns, rows, "Candidates, mean over the folds, the best first", wrapped="parameters")


def _imbalance(findings: Findings) -> list[Block]:
    table = imbalance_table(findings)
    told = (
        "Only the rows that are learnt from were weighted or drawn anew, inside each fold; figures at a probability of "
        "0.5, which a threshold chosen by F or by cost replaces."
    )
    return [] if table is None else [table, Note(told)]


def _folds(summary: str, folds: Sequence[Mapping[str, float]]) -> Table:
    rows = [[title(name), fmean(found), float(np.std(found)), *found] for name, found in _by_figure(folds).items()]
    numbers = [f"fold {place}" for place in range(1, len(folds) + 1)]
    return Table(["figure", "mean", "deviation", *numbers], rows, summary=summary)


def _by_figure(folds: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {name: [fold[name] for fold in folds if name in fold] for name in folds[0]}


def _told(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())


def _label(candidate: CandidateFigures) -> str:
    lines = [
        candidate.algorithm.replace("_", " "),
        *(f"{name}={value}" for name, value in candidate.parameters.items()),
    ]
    return "<br>".join(figures.label(line) for line in lines)
