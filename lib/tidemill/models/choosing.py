"""Choose a model on its training rows: tune each algorithm, then try what can be made of the best."""

from collections.abc import Sequence
from typing import NamedTuple

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from tidemill.models.candidates import Choice, candidates_of, choices_of, columns_needed, combined_candidates
from tidemill.models.confirming import confirm, validate_search, validated
from tidemill.models.progress import Progress, Tell
from tidemill.models.settings import ModelSettings
from tidemill.models.tasks import evaluator_of, strata_of
from tidemill.registry import Trial
from tidemill.validation import Candidate, Search


class Chosen(NamedTuple):
    """What the validation came to.

    Attributes:
        trials: every candidate with its figures, in the order in which they were tried.
        best: the place of the one that is the model.
        model: its stages, fitted on all training rows.
        out_of_fold: the training rows, predicted by models of it that never saw them.
        confirmed: the figures of the best on each of the folds that confirm it; empty where none were asked for.
        nested: the figures of what the search chooses, on each fold that it did not see; empty where none were asked.
    """

    trials: list[Trial]
    best: int
    model: PipelineModel
    out_of_fold: DataFrame
    confirmed: list[dict[str, float]]
    nested: list[dict[str, float]]


def choose(training: DataFrame, settings: ModelSettings, tell: Tell) -> Chosen:
    """Cross-validate every candidate, then ensembles and ways to learn a rare class, on the same folds.

    Args:
        training: what the candidates' stages read, the key and `fold` int; kept by the caller.
        settings: the model's file.
        tell: is given a line after each fit.
    """
    candidates = candidates_of(settings)
    progress = Progress(settings, candidates, tell)
    found = _searched(training, candidates, settings, progress)
    trials, best, search, winner = _trials(candidates, found), found.best, found, candidates[found.best]
    best_of, bare = _best_of_each(settings, trials), choices_of(settings)[found.best]
    combined = combined_candidates(settings, best_of, bare, winner.parameters)
    if combined:
        more = validated(training, combined, settings.folds, settings, progress.hearing(combined, settings.folds))
        trials += _trials(combined, more)
        if _is_better(settings, trials[len(candidates) + more.best], trials[found.best]):
            best, search, winner = len(candidates) + more.best, more, combined[more.best]
    confirmed = confirm(training, winner, settings, progress)
    nested = validate_search(training, candidates, settings, progress)
    return Chosen(trials, best, search.model, search.validated.out_of_fold(), confirmed, nested)


def _searched(
    training: DataFrame, candidates: Sequence[Candidate], settings: ModelSettings, progress: Progress
) -> Search:
    search = settings.search.searching(settings.key, strata_of(settings), settings.seed)
    return search(
        training,
        candidates,
        settings.folds,
        evaluator_of(settings),
        needed=columns_needed(settings),
        parallelism=settings.parallelism,
        heard=progress.searching(candidates),
    )


def _trials(candidates: Sequence[Candidate], search: Search) -> list[Trial]:
    return [
        Trial(
            each.name,
            each.parameters,
            search.by_fold(place),
            search.mean(place),
            search.deviation(place),
            search.share(place),
        )
        for place, each in enumerate(candidates)
    ]


def _best_of_each(settings: ModelSettings, trials: Sequence[Trial]) -> dict[str, Choice]:
    best: dict[str, tuple[Trial, Choice]] = {}
    for trial, choice in zip(trials, choices_of(settings), strict=True):
        known = best.get(choice.algorithm)
        if known is None or _is_better(settings, trial, known[0]):
            best[choice.algorithm] = (trial, choice)
    return {name: choice for name, (_, choice) in best.items()}


def _is_better(settings: ModelSettings, one: Trial, other: Trial) -> bool:
    """Whether a trial did better; what successive halving left behind did worse, whatever its figure on fewer rows."""
    if one.share != other.share:
        return one.share > other.share
    ahead = one.mean[settings.metric] - other.mean[settings.metric]
    return ahead > 0 if settings.larger_is_better else ahead < 0
