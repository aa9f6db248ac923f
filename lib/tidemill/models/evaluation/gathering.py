"""Find out all that a report tells of a model."""

from pyspark.sql import DataFrame

from tidemill.errors import RunFailed
from tidemill.models.candidates import LABEL
from tidemill.models.evaluation.classes import classes_of
from tidemill.models.evaluation.dependence import dependences_of
from tidemill.models.evaluation.evidence import Bounds, Evidence
from tidemill.models.evaluation.findings import CandidateFigures, Figure, Findings, Subject
from tidemill.models.evaluation.importances import columns_by_worth
from tidemill.models.evaluation.predictions import USUAL_THRESHOLD, drawn, figures_by, scorable
from tidemill.models.evaluation.residuals import Residuals, residuals_of
from tidemill.models.evaluation.segments import segments_of
from tidemill.models.settings import ModelSettings
from tidemill.validation import gather_figures
from tidemill.validation.figures import intervals

USUAL = Bounds()
LEAST_REPLICATES = 40
LEAST_REPEATS = 2


class NothingHeldOut(RunFailed):
    """There is no row to judge a model on."""

    def __init__(self, model: str, table: str, share: float) -> None:
        super().__init__(
            f"{model}: no row of {table} was held out, so the model cannot be judged. Expected a share of {share:g} of "
            f"its rows: raise 'holdout' in conf/models/{model}.yaml, or bring more rows into the table."
        )


def findings_of(evidence: Evidence, bounds: Bounds = USUAL) -> Findings:
    """Judge a trained model on the rows that were held out.

    About twenty queries over the hold-out; only figures, curves of bounded length and one bounded sample of pairs
    (target and prediction) come to the driver. The same evidence gives the same findings.

    Args:
        evidence: the model and its predictions.
        bounds: how much is computed.

    Raises:
        NothingHeldOut: the hold-out has no row.
        UnusablePredictions: a prediction or a label is missing, or not a number.
    """
    settings = evidence.settings
    threshold = USUAL_THRESHOLD if evidence.threshold is None else evidence.threshold
    judged = scorable(settings, evidence.holdout, threshold)
    count = evidence.holdout.count()  # of rows that the caller keeps cached
    if not count:
        raise NothingHeldOut(settings.name, settings.table, settings.holdout)
    replicates = max(LEAST_REPLICATES, min(bounds.replicates, bounds.drawn // count))
    found = intervals(judged, settings.key, figures_by(settings), replicates, seed=settings.seed)
    raw = _as_in_the_table(settings, drawn(evidence.holdout, settings.key, bounds.rows, count, settings.seed))
    repeats = _repeats(bounds, min(bounds.rows, count) * len(settings.features.columns))
    columns = columns_by_worth(settings, evidence.model, raw, threshold, repeats)
    telling = [each.name for each in columns if each.loss > 0][: bounds.columns]
    error, segments = segments_of(settings, judged, count)
    return Findings(
        subject=_subject(evidence, count, min(bounds.rows, count), replicates),
        holdout={name: Figure(each.value, each.low, each.high) for name, each in found.items()},
        out_of_fold=_out_of_fold(evidence, threshold),
        candidates=tuple(
            CandidateFigures(each.name, dict(each.parameters), tuple(each.folds), each.mean, each.deviation, each.share)
            for each in evidence.trials
        ),
        best=evidence.best,
        columns=columns,
        dependences=dependences_of(settings, evidence.model, raw, telling, bounds.points),
        error=error,
        segments=segments,
        classes=classes_of(judged, evidence.threshold) if settings.task == "binary" else None,
        residuals=_residuals(settings, judged, count, bounds) if settings.task == "regression" else None,
        comparison=evidence.comparison.verdict if evidence.comparison else "",
        better=_better(evidence),
        promotion=evidence.promotion,
        confirmed=tuple(evidence.confirmed),
        nested=tuple(evidence.nested),
    )


def _repeats(bounds: Bounds, rows: int) -> int:
    """Shuffles of each column, of so many rows in one shuffle of all: two at least, as one has no deviation."""
    return min(bounds.repeats, max(LEAST_REPEATS, bounds.shuffled // rows))


def _as_in_the_table(settings: ModelSettings, rows: DataFrame) -> DataFrame:
    """What the model reads, without what it made."""
    return rows.select(*dict.fromkeys((*settings.key, settings.target.column, *settings.features.columns, LABEL)))


def _out_of_fold(evidence: Evidence, threshold: float) -> dict[str, float]:
    if evidence.out_of_fold is None:
        return {}
    rows = scorable(evidence.settings, evidence.out_of_fold, threshold)
    return gather_figures(figures_by(evidence.settings)(rows, (), weight=None))[()]


def _residuals(settings: ModelSettings, judged: DataFrame, count: int, bounds: Bounds) -> Residuals:
    return residuals_of(judged, settings.target.column, settings.key, count, bounds.scatter, settings.seed)


def _better(evidence: Evidence) -> bool | None:
    comparison = evidence.comparison
    if comparison is None or comparison.better is None:
        return None
    return comparison.better == comparison.first


def _subject(evidence: Evidence, count: int, sampled: int, replicates: int) -> Subject:
    settings = evidence.settings
    return Subject(
        name=settings.name,
        version=evidence.version,
        task=settings.task,
        target=settings.target.column,
        transform=settings.target.transform,
        table=settings.table,
        table_version=evidence.table_version,
        trained_at=evidence.trained_at.isoformat(timespec="seconds"),
        metric=settings.metric,
        larger_is_better=settings.larger_is_better,
        rows=count,
        sampled=sampled,
        replicates=replicates,
    )
