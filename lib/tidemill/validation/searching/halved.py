"""What successive halving leaves: a search of the candidates that reached the last rung, and the scores of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from pyspark.sql import DataFrame

from tidemill.errors import RequestWrong
from tidemill.validation.cross_validated import CrossValidated
from tidemill.validation.scoring import Score
from tidemill.validation.search import Search


class Eliminated(RequestWrong):
    """Predictions are asked for of a candidate that was never validated on all rows."""

    def __init__(self, candidate: int, places: Sequence[int]) -> None:
        super().__init__(
            f"candidate {candidate} was eliminated before the last rung and has not predicted all rows. Ask for one of "
            f"{', '.join(map(str, places))}, or validate it by cross_validate."
        )


@dataclass(frozen=True)
class Rung:
    """One rung of successive halving.

    Attributes:
        share: of the rows.
        candidates: the positions of those that took part, in their order.
        scores: one for each candidate and fold, in that order.
    """

    share: float
    candidates: tuple[int, ...]
    scores: tuple[Score, ...]


class Halved(CrossValidated):
    """The last rung's validation under the positions that its candidates had at first.

    A candidate's average metric is that of the last rung that it took part in.

    Attributes:
        places: the positions of the candidates that reached the last one.
    """

    def __init__(self, last: CrossValidated, places: Sequence[int], scores: Sequence[Score], metric: str) -> None:
        by_candidate: dict[int, list[float]] = {}
        for score in scores:
            by_candidate.setdefault(score.candidate, []).append(score.figures[metric])
        found = [by_candidate[candidate] for candidate in sorted(by_candidate)]
        means, deviations = map(fmean, found), (float(np.std(each)) for each in found)
        super().__init__(last.bestModel, [*means], [*deviations], places[last.best], scores, last.folds)
        self.places = tuple(places)

    def out_of_fold(self, candidate: int | None = None) -> DataFrame:
        """As `CrossValidated.out_of_fold`.

        Raises:
            Eliminated: the candidate did not reach the last rung.
        """
        chosen = self.best if candidate is None else candidate
        if chosen not in self.places:
            raise Eliminated(chosen, self.places)
        return super().out_of_fold(self.places.index(chosen))


@dataclass(frozen=True)
class HalvedSearch(Search):
    """What successive halving found.

    A candidate's figures are those of the last rung that it took part in, so they compare with those of the same rung
    alone.

    Attributes:
        rungs: from the smallest to the one with all rows.
    """

    rungs: tuple[Rung, ...]

    def share(self, candidate: int) -> float:
        """Of the rows, those of the last rung that a candidate took part in."""
        return max(rung.share for rung in self.rungs if candidate in rung.candidates)
