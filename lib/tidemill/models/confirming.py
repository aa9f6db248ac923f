"""What the chosen model, and the way it was chosen, are worth on folds that decided nothing."""

from collections.abc import Callable, Sequence
from functools import partial

from pyspark.sql import DataFrame

from tidemill.models.candidates import columns_needed
from tidemill.models.progress import Progress
from tidemill.models.settings import ModelSettings
from tidemill.models.tasks import chosen_threshold, evaluator_of, strata_of
from tidemill.validation import Candidate, Score, Search, assign_folds, cross_validate
from tidemill.validation.searching import InnerFolds, OuterFold, nested_cross_validate

# Repetitions of a search's folds would have the numbers before these.
CONFIRMING, NESTED = 1000, 2000


def validated(
    rows: DataFrame,
    candidates: Sequence[Candidate],
    folds: int,
    settings: ModelSettings,
    heard: Callable[[Score], None],
) -> Search:
    """Cross-validate candidates on all rows."""
    needed, at_once = columns_needed(settings), settings.parallelism
    return cross_validate(rows, candidates, folds, evaluator_of(settings), needed, at_once, heard)


def confirm(
    training: DataFrame, winner: Candidate, settings: ModelSettings, progress: Progress
) -> list[dict[str, float]]:
    """The winner's figures on each of `confirm_folds` folds; empty where none are asked for."""
    folds = settings.confirm_folds
    if folds is None:
        return []
    rows = _folded(training, settings, folds, CONFIRMING)
    return validated(rows, [winner], folds, settings, progress.confirming(winner, folds)).by_fold(0)


def validate_search(
    training: DataFrame, candidates: Sequence[Candidate], settings: ModelSettings, progress: Progress
) -> list[dict[str, float]]:
    """The figures on each of `nested_folds` folds of what the search chooses without it; empty where none are asked."""
    folds = settings.nested_folds
    if folds is None:
        return []
    strata = strata_of(settings)
    search = partial(
        settings.search.searching(settings.key, strata, settings.seed),
        needed=columns_needed(settings),
        parallelism=settings.parallelism,
    )
    fits = sum(settings.search.costs(len(candidates), settings.folds)) + 1

    def heard(fold: OuterFold) -> None:
        figure = f"{settings.metric} {fold.figures[settings.metric]:.4f}"
        progress.done(fits, f"search {fold.fold + 1} of {folds} chose candidate {fold.winner + 1}: {figure}")

    found = nested_cross_validate(
        _folded(training, settings, folds, NESTED),
        candidates,
        search,
        evaluator_of(settings),
        folds,
        InnerFolds(settings.folds, settings.key, strata, settings.seed),
        partial(chosen_threshold, settings.threshold) if settings.threshold else None,
        heard,
    )
    return [fold.figures for fold in found.folds]


def _folded(training: DataFrame, settings: ModelSettings, folds: int, repeat: int) -> DataFrame:
    return assign_folds(training.drop("fold"), settings.key, folds, settings.seed, strata_of(settings), repeat)
