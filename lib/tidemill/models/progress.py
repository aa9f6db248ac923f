"""How far a search is, in one line a fit."""

import time
from collections.abc import Callable, Sequence

from tidemill.models.settings import ModelSettings
from tidemill.validation import Candidate, Score


class Progress:
    """Turns each score into a line with the time that is left.

    Args:
        candidates: in the order of the scores' numbers.
        settings: the model's file.
        tell: is given each line.
        clock: seconds.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        settings: ModelSettings,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._candidates = candidates
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._started = clock()
        self._done = 0

    def heard(self, score: Score) -> None:
        """Tell of one more fit."""
        self._done += 1
        # One more fit of the winner follows the search.
        left = len(self._candidates) * self._settings.folds + 1 - self._done
        seconds = (self._clock() - self._started) / self._done * left
        candidate = self._candidates[score.candidate]
        parameters = " ".join(f"{name}={value}" for name, value in candidate.parameters.items())
        title = f"{candidate.name} {parameters}".strip()
        fold = f"fold {score.fold + 1} of {self._settings.folds}"
        figure = f"{self._settings.metric} {score.figures[self._settings.metric]:.4f}"
        place = f"candidate {score.candidate + 1} of {len(self._candidates)}"
        self._tell(f"{fold}, {place} ({title}): {figure}, about {seconds:.0f} s left")
