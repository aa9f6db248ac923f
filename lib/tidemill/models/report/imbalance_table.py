"""The ways to learn a rare class beside one another, and beside learning from the rows as they are."""

from collections.abc import Mapping
from typing import Any

from tidemill.models.evaluation import CandidateFigures, Findings
from tidemill.models.report.words import title
from tidemill.reports import Table

# What the search records of a candidate that learnt the rare class in another way.
WAY, RECALIBRATE = "imbalance", "recalibrate"
WORDS = {
    "weights": "weights by class",
    "over": "random over-sampling",
    "under": "random under-sampling",
    "smote": "SMOTE",
}
FIGURES = ("roc_auc", "average_precision", "recall", "precision", "f1", "log_loss", "brier", "ece")


def imbalance_table(findings: Findings) -> Table | None:
    """Figures over the same folds, at a probability of 0.5; None where no such way was tried."""
    ways = [each for each in findings.candidates if WAY in each.parameters]
    if not ways:
        return None
    compared = [*_as_they_are(findings, ways[0]), *ways]
    metric = findings.subject.metric
    names = [name for name in dict.fromkeys((metric, *FIGURES)) if name in compared[0].mean]
    rows = [
        [
            _named(each),
            str(each.parameters.get(RECALIBRATE, "none")),
            *(each.mean.get(name) for name in names),
        ]
        for each in compared
    ]
    columns = ["how the rare class is learnt", "recalibrated by", *(title(name) for name in names)]
    algorithm = ways[0].algorithm.replace("_", " ")
    return Table(columns, rows, f"Ways to learn the rare class, on the best single candidate: {algorithm}")


def _named(candidate: CandidateFigures) -> str:
    way = candidate.parameters.get(WAY)
    return "the rows as they are" if way is None else WORDS.get(str(way), str(way))


def _as_they_are(findings: Findings, way: CandidateFigures) -> list[CandidateFigures]:
    same = (way.algorithm, _without_way(way.parameters))
    return [each for each in findings.candidates if (each.algorithm, dict(each.parameters)) == same][:1]


def _without_way(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in (WAY, RECALIBRATE)}
