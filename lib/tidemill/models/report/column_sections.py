"""What the model looks at, and for whom it is wrong."""

from collections.abc import Sequence

from tidemill.models.evaluation import Dependence, Findings, Segment
from tidemill.models.report.words import error_in_words, number, title
from tidemill.reports import Block, Note, Plot, Plots, Section, Table, figures

MOST = 15
MISSING = "missing"


def columns_section(findings: Findings) -> Section:
    """What each column is worth, and how the answer follows the most important ones."""
    subject = findings.subject
    first = findings.columns[:MOST]
    way = "falls" if subject.larger_is_better else "rises"
    worth = {"loss": {figures.label(each.name): each.loss for each in first}}
    plot = figures.bars(
        worth, f"{title(subject.metric)} {way} by", spread={figures.label(each.name): each.deviation for each in first}
    )
    plot.update_layout(showlegend=False)
    caption = (
        f"By how much {title(subject.metric)} {way} when a column's values are shuffled among {subject.sampled:,} "
        "rows, all else as it is; the line is the deviation over the shuffles. Columns that say the same share their "
        "worth: each alone may seem to matter little."
    )
    table = Table(
        ["column", f"{title(subject.metric)} {way} by", "deviation"],
        [[each.name, each.loss, each.deviation] for each in findings.columns],
        summary=f"All {len(findings.columns)} columns",
    )
    return Section("What it looks at", [Plot(plot, caption), table, *_dependences(findings)])


def _dependences(findings: Findings) -> list[Block]:
    if not findings.dependences:
        return []
    target = findings.subject.target
    what = f"mean probability of {target} = 1" if findings.classes else f"mean predicted {target}"
    note = Note(
        f"How the answer follows the most telling columns: the {what} if all rows had the same value there and else "
        "stayed as they are. Where columns go together, some such rows could not be real."
    )
    return [note, Plots([_dependence(each, what) for each in findings.dependences])]


def _dependence(found: Dependence, what: str) -> Plot:
    lowest, highest = min(found.answers), max(found.answers)
    values: Sequence[float | str] = [
        value if isinstance(value, int | float) else figures.label(MISSING if value is None else value, 16)
        for value in found.values
    ]
    plot = figures.dependence(values, found.answers, figures.label(found.column, 60), figures.label(what, 40))
    return Plot(plot, f"{found.column}: from {number(lowest)} to {number(highest)}")


def segments_section(findings: Findings) -> Section:
    """The segments with the largest errors."""
    binary = findings.subject.task == "binary"
    kind = "share of wrong answers" if binary else "mean error"
    if not binary and findings.subject.transform != "none":
        kind = "mean error, share of the actual"
    worst = [each for each in findings.segments[:MOST] if each.far > 0]
    note = Note(
        "Each level of the categories and each quarter of the numbers with at least 20 rows and a hundredth of all, by "
        f"how surely its error lies above that of all rows, {error_in_words(findings, findings.error)}."
    )
    if not worst:
        return Section("Where it is wrong", [note, Note("None lies above it.", "good")])
    labels = {each: figures.label(f"{each.column}: {each.level}") for each in worst}
    plot = figures.bars({kind: {labels[each]: each.error for each in worst}}, kind)
    plot.add_vline(x=findings.error, line=figures.REFERENCE)
    plot.update_layout(showlegend=False)
    return Section(
        "Where it is wrong",
        [
            note,
            Plot(plot, f"The {kind} of the worst segments. Dotted: of all rows."),
            _table(findings.segments, kind, binary),
        ],
    )


def _table(segments: Sequence[Segment], kind: str, binary: bool) -> Table:
    rows = [
        [each.column, each.level, each.rows, each.error, each.far, each.actual, each.predicted] for each in segments
    ]
    means = ["share of class 1", "mean probability"] if binary else ["mean target", "mean prediction"]
    columns = ["column", "value", "rows", kind, "standard errors above all", *means]
    return Table(columns, rows, summary=f"All {len(segments)} segments", wrapped="value")
