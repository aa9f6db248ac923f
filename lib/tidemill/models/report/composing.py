"""Put the report together: what matters first, then what it rests on."""

import math
from datetime import datetime
from pathlib import Path

from tidemill.models.evaluation import Findings
from tidemill.models.report.choice_sections import choice_section, facts_section
from tidemill.models.report.class_sections import class_key_figures, class_sections
from tidemill.models.report.column_sections import columns_section, segments_section
from tidemill.models.report.interpretation import remarks_of
from tidemill.models.report.number_sections import number_key_figures, number_section
from tidemill.models.report.words import title
from tidemill.reports import Block, KeyFigures, Note, Section, Table, page, write_page


def write_report(reports: str, findings: Findings) -> Path:
    """Write reports/models/NAME-VERSION.html.

    Args:
        reports: their folder.
        findings: of one model.

    Returns:
        The page's path.

    Raises:
        ReportsNotWritable: the page cannot be put into its folder.
    """
    subject = findings.subject
    return write_page(reports, f"models/{subject.name}-{subject.version}.html", report_page(findings))


def report_page(findings: Findings) -> str:
    """Compose the page.

    Args:
        findings: of one model.

    Returns:
        HTML that needs no other file; texts from data are escaped.
    """
    subject = findings.subject
    sections = [Section("In short", _short(findings)), _figures_section(findings)]
    if findings.classes:
        sections += class_sections(findings, findings.classes)
    if findings.residuals:
        sections.append(number_section(findings, findings.residuals))
    sections += [columns_section(findings), segments_section(findings)]
    sections += [choice_section(findings), facts_section(findings)]
    trained = datetime.fromisoformat(subject.trained_at)
    return page(
        f"Model {subject.name}, version {subject.version}",
        sections,
        subtitle=f"A {findings.winner.algorithm.replace('_', ' ')} that predicts {subject.target} from "
        f"{subject.table}, trained on {trained:%d %B %Y}. All figures are of {subject.rows:,} rows that it had never "
        "seen, unless they say otherwise.",
    )


def _short(findings: Findings) -> list[Block]:
    numbers = class_key_figures(findings) if findings.classes else number_key_figures(findings)
    remarks = remarks_of(findings)
    # The answer first; then what somebody should act on, which alone stands in a box.
    order = sorted(remarks, key=lambda each: 0 if each.about == "answer" else 1 if each.tone == "bad" else 2)
    return [KeyFigures(numbers), *(Note(each.text, "bad" if each.tone == "bad" else "plain") for each in order)]


def _figures_section(findings: Findings) -> Section:
    mean, deviation = findings.winner.mean, findings.winner.deviation
    rows = [
        [
            title(name),
            figure.value,
            figure.low,
            figure.high,
            findings.out_of_fold.get(name, math.nan),
            mean.get(name, math.nan),
            deviation.get(name, math.nan),
        ]
        for name, figure in findings.holdout.items()
        if not name.startswith("support_")
    ]
    columns = ["figure", "hold-out", "95 % from", "95 % to", "out of fold", "mean of folds", "deviation"]
    note = (
        f"The interval is where a figure would lie on other rows of the same kind ({findings.subject.replicates} "
        "bootstrap replicates of the hold-out). Out of fold are the training rows, each predicted by a model that was "
        "fitted without it."
    )
    if findings.classes:
        note += (
            " Hold-out and out-of-fold figures of named rows are taken at the model's threshold, those of folds at 0.5."
        )
    return Section("Figures", [Note(note), Table(columns, rows)])
