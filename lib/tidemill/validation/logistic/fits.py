"""The fits of many candidates to one design."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tidemill.validation.logistic.descent import Lbfgs, Owlqn, minimise
from tidemill.validation.logistic.design import Design
from tidemill.validation.logistic.objective import Objective, penalties
from tidemill.validation.logistic.points import Asking, Minimum, Numbers
from tidemill.validation.logistic.settings import Settings


class Fit(NamedTuple):
    """A fitted candidate.

    Attributes:
        coefficients: one a feature, on the features' own scales.
        intercept: 0 where there is none.
        objectives: the penalised mean log loss at the start and after each iteration.
    """

    coefficients: Numbers
    intercept: float
    objectives: list[float]


def fits(design: Design, candidates: Sequence[Settings]) -> list[Fit]:
    """Fit every candidate as Spark's LogisticRegression does, iterate by iterate.

    The candidates go down side by side: what all of them ask about is answered by one product of matrices.

    Args:
        design: the rows.
        candidates: at least one.

    Returns:
        One fit a candidate, in their order.
    """
    objective = Objective(design, candidates)
    searches = [_search(design, each) for each in candidates]
    asked = {place: next(search) for place, search in enumerate(searches)}
    found: dict[int, Minimum] = {}
    # Overflow and not-a-number are answers that a search knows how to take.
    with np.errstate(all="ignore"):
        while asked:
            for place, answer in objective.evaluate(asked).items():
                try:
                    asked[place] = searches[place].send(answer)
                except StopIteration as done:
                    found[place] = done.value
                    del asked[place]
    return [_fit(design, each, found[place]) for place, each in enumerate(candidates)]


def _search(design: Design, settings: Settings) -> Asking[Minimum]:
    start = np.zeros(len(design.scaled_means) + settings.intercept)
    if settings.intercept:
        start[-1] = design.log_odds
    method = Owlqn(penalties(design, settings, settings.l1, 1)) if settings.l1 != 0 else Lbfgs()
    return minimise(method, start, settings.iterations, settings.tolerance)


def _fit(design: Design, settings: Settings, found: Minimum) -> Fit:
    scaled = found.x[: len(design.scaled_means)]
    intercept = found.x[-1] - scaled @ design.scaled_means if settings.intercept else 0.0
    return Fit(scaled * design.inverse_deviations, float(intercept), [float(each) for each in found.objectives])
