"""Whether a new model takes the champion's place: both predict the same rows, which neither has learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.features import MissingColumns, require_columns
from tidemill.models.candidates import LABEL
from tidemill.models.settings import ModelSettings
from tidemill.models.tasks import figures_by, figures_of, figures_read, label_of
from tidemill.registry import Champion
from tidemill.validation import HOLDOUT, Comparison, compare_predictions, split_by_cuts
from tidemill.validation.figures.gathering import UnusablePredictions

# Fewer rows than these decide nothing.
LEAST_ROWS = 50
REPLICATES = 200
CHALLENGER = "challenger"
CHAMPION = "champion"
# A bootstrap weighs rows, and a weighted median of errors is not computed.
WITHOUT_WEIGHTS = "median_ae"


@dataclass(frozen=True)
class Promotion:
    """What the comparison came to.

    Attributes:
        promoted: whether the new model becomes the champion.
        reason: why, in a sentence with its numbers.
        comparison: with the champion, on the rows that neither has learnt from; None where there was none to compare.
    """

    promoted: bool
    reason: str
    comparison: Comparison | None = None


def unopposed(first: bool) -> Promotion:
    """Promote what has no champion to beat.

    Args:
        first: of its name; else it is the champion itself, whose training is taken up again.
    """
    why = "it is the first of its name" if first else "it was promoted before this training was finished"
    return Promotion(True, why)


def by_hand(told: str, anyway: bool) -> Promotion:
    """Leave to a person what cannot be compared.

    Args:
        told: why it cannot.
        anyway: the person has asked for it already.
    """
    if anyway:
        return Promotion(True, f"{told}; promoted on request")
    return Promotion(False, f"{told}. Look at both, and promote it with --promote if it is to predict")


def decided(better: bool, told: str, anyway: bool, comparison: Comparison | None = None) -> Promotion:
    """Promote what is better, and what a person asks for anyway.

    Args:
        better: than the champion.
        told: both figures.
        anyway: a person has asked for it.
        comparison: with the champion.
    """
    if better or not anyway:
        return Promotion(better, told, comparison)
    return Promotion(True, f"{told}; promoted on request", comparison)


def judge(
    predicted: DataFrame,
    columns: Sequence[str],
    settings: ModelSettings,
    champion: Champion | None,
    run: str,
    anyway: bool = False,
) -> Promotion:
    """Compare a new model with the champion on the hold-out.

    Args:
        predicted: the hold-out as the new model predicts it, with all columns of its table; kept by the caller.
        columns: the table's.
        settings: the model's file.
        champion: None where there is none.
        run: the ledger's run that trains it.
        anyway: promote whatever the comparison says.
    """
    if champion is None or champion.card.run == run:
        return unopposed(first=champion is None)
    who = f"version {champion.version}, the champion,"
    try:
        require_columns(settings.table, columns, (*champion.card.key, *champion.card.reads))
    except MissingColumns as error:
        return Promotion(True, f"{who} can no longer predict: {error}")
    card = champion.card
    unseen = split_by_cuts(card.split.cuts, card.key, card.split.seed, card.split.strata) == HOLDOUT
    of_new = predicted.where(unseen)
    problem = _problem(of_new, settings, champion)
    if problem:
        return by_hand(f"{who} {problem}", anyway)
    of_champion = champion.model.transform(of_new.select(*columns).withColumn(LABEL, label_of(settings)))
    try:
        return _compared(of_champion, of_new, settings, champion, anyway)
    except UnusablePredictions as error:
        return by_hand(f"{who} cannot be compared: {error}", anyway)


def _problem(of_new: DataFrame, settings: ModelSettings, champion: Champion) -> str | None:
    """What stands against a comparison on these rows."""
    card = champion.card
    if card.table != settings.table or card.target != settings.target.column:
        return f"answers another question ({card.target} of {card.table})"
    classes = [F.col(settings.target.column)] if settings.task == "binary" else []
    found = of_new.agg(F.count(F.lit(1)), *(F.count_distinct(each) for each in classes)).head(1)[0]
    if found[0] < LEAST_ROWS or (classes and found[1] < 2):
        return f"has learnt from all but {found[0]} rows of the hold-out: too few to compare"
    return None


def _compared(
    of_champion: DataFrame, of_new: DataFrame, settings: ModelSettings, champion: Champion, anyway: bool
) -> Promotion:
    metric, name = settings.metric, f"version {champion.version}"
    new, old = figures_of(settings, of_new)[metric], figures_of(settings, of_champion)[metric]
    better = new > old if settings.larger_is_better else new < old
    comparison = None
    if not metric.startswith(WITHOUT_WEIGHTS):
        read = dict.fromkeys([*settings.key, *figures_read(settings)])
        sides = [
            side.select(F.lit(model).alias("model"), *read)
            for model, side in ((CHALLENGER, of_new), (CHAMPION, of_champion))
        ]
        measure = partial(_measured, settings)
        comparison = compare_predictions(
            sides[0].unionByName(sides[1]), "model", settings.key, metric, measure, REPLICATES, seed=settings.seed
        )
    told = f"{metric} {new:.4f} against {old:.4f} of {name}, the champion, on rows that neither has learnt from"
    return decided(better, told, anyway, comparison)


def _measured(settings: ModelSettings, rows: DataFrame, by: Sequence[str], *, weight: str | None) -> DataFrame:
    return figures_by(settings, rows, by, weight)
