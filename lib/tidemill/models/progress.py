"""How far a training is, in one line a fit."""

import time
from collections.abc import Callable, Sequence

from tidemill.models.settings import ModelSettings
from tidemill.validation import Candidate, Score

Tell = Callable[[str], None]


class Progress:
    """Turns each score into a line with the time that is left.

    Args:
        settings: the model's file.
        candidates: those that are tried first.
        tell: is given each line.
        clock: seconds.
    """

    def __init__(
        self,
        settings: ModelSettings,
        candidates: Sequence[Candidate],
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._started = clock()
        self._done = 0.0
        self._searching = iter(settings.search.costs(len(candidates), settings.folds))
        self._all = _fits(settings, len(candidates))

    def searching(self, candidates: Sequence[Candidate]) -> Callable[[Score], None]:
        """What is called with each score of the search, whose fits may be to a part of the rows."""
        folds = self._settings.folds
        return lambda score: self._heard(score, candidates, folds, next(self._searching, 1.0))

    def hearing(self, candidates: Sequence[Candidate], folds: int) -> Callable[[Score], None]:
        """What is called with each score of these candidates on so many folds."""
        return lambda score: self._heard(
            score, candidates, folds, _cost(self._settings, candidates[score.candidate].name)
        )

    def confirming(self, winner: Candidate, folds: int) -> Callable[[Score], None]:
        """What is called with each score of the winner, which may be an ensemble: more fits than were counted on."""
        self._all += (_cost(self._settings, winner.name) - 1) * folds
        return self.hearing([winner], folds)

    def done(self, fits: float, line: str) -> None:
        """Tell of something else that cost about so many fits."""
        self._done += fits
        self._tell(f"{line}, about {self._left():.0f} s left")

    def _left(self) -> float:
        return (self._clock() - self._started) / self._done * max(0.0, self._all - self._done)

    def _heard(self, score: Score, candidates: Sequence[Candidate], folds: int, cost: float) -> None:
        candidate = candidates[score.candidate]
        parameters = " ".join(f"{name}={value}" for name, value in candidate.parameters.items())
        title = f"{candidate.name} {parameters}".strip()
        figure = f"{self._settings.metric} {score.figures[self._settings.metric]:.4f}"
        place = f"candidate {score.candidate + 1} of {len(candidates)}"
        self.done(cost, f"fold {score.fold + 1} of {folds}, {place} ({title}): {figure}")


def _fits(settings: ModelSettings, candidates: int) -> float:
    """About how many fits there are in all, each search with one more of its best."""
    searched = sum(settings.search.costs(candidates, settings.folds)) + 1
    combined = sum(_cost(settings, each.kind) for each in settings.ensembles)
    combined += len(settings.imbalance.ways) if settings.imbalance else 0
    confirming = settings.confirm_folds + 1 if settings.confirm_folds else 0
    nested = searched * settings.nested_folds if settings.nested_folds else 0
    return searched + combined * settings.folds + (combined > 0) + confirming + nested


def _cost(settings: ModelSettings, name: str) -> float:
    """About how many fits of a single algorithm a candidate of this name is."""
    for each in settings.ensembles:
        if each.kind == name:
            inner = int(each.settings.get("folds", 3)) + 1 if name == "stacking" else 1
            return len(each.of) * inner
    return 1
