"""Successive halving: many candidates on few rows, the best of them on more, the best of those on all.

Source: Jamieson and Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization; it is the
inner loop of Hyperband (Li et al. 2018), with the training rows as the resource.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidemill.errors import RequestWrong
from tidemill.validation.folds import FOLD
from tidemill.validation.kept_rows import kept
from tidemill.validation.scoring import FigureEvaluator, Score
from tidemill.validation.search import Candidate, Search, cross_validate
from tidemill.validation.searching.halved import Halved, HalvedSearch, Rung
from tidemill.validation.splits import key_hash, stratum_of

RUNG = "_rung"


class WrongHalving(RequestWrong):
    """A number that successive halving goes by is too small."""

    def __init__(self, name: str, value: int, least: int) -> None:
        super().__init__(f"successive halving has {name} {value}, but needs at least {least}")


@dataclass(frozen=True)
class Halving:
    """How candidates and rows change from rung to rung.

    Attributes:
        key: the columns that tell rows apart.
        strata: the column of classes, each of which has its share of every rung; without it all rows are one class.
        seed: another seed puts other rows on the lower rungs.
        eta: one of so many candidates goes on to the next rung, which has so many times as many rows.
        rungs: how many there are at most; the last has all rows.

    Raises:
        WrongHalving: eta is less than 2, or rungs less than 1.
    """

    key: Sequence[str]
    strata: str | None = None
    seed: int = 0
    eta: int = 3
    rungs: int = 3

    def __post_init__(self) -> None:
        for name, least in (("eta", 2), ("rungs", 1)):
            if getattr(self, name) < least:
                raise WrongHalving(name, getattr(self, name), least)

    def plan(self, candidates: int) -> list[tuple[int, int]]:
        """Rung by rung, what the rows are divided by and how many candidates there are.

        A rung below the one that leaves a single candidate would only try that one again, so there are fewer where
        there are few candidates.
        """
        sizes = [candidates]
        while sizes[-1] > 1 and len(sizes) < self.rungs:
            sizes.append(math.ceil(sizes[-1] / self.eta))
        return [(self.eta ** (len(sizes) - 1 - rung), size) for rung, size in enumerate(sizes)]


def halving_search(
    rows: DataFrame,
    candidates: Sequence[Candidate],
    folds: int,
    evaluator: FigureEvaluator,
    halving: Halving,
    needed: Sequence[str] = (),
    parallelism: int = 1,
    heard: Callable[[Score], None] | None = None,
) -> HalvedSearch:
    """Find the best candidate by successive halving; every rung is a `cross_validate` of its own.

    A rung's rows are those of the rung before and more: the first by hash of each class in each fold, at least one, so
    that the folds stay what they are. Of candidates that score alike the first goes on; one without a score goes last.

    Args:
        rows: as for `cross_validate`.
        candidates: at least one.
        folds: how many there are.
        evaluator: the figures of a set of predictions, and which of them decides.
        halving: the rungs.
        needed: see `CrossValidator`.
        parallelism: how many candidates are fitted at once.
        heard: called after each fit with its score, under the candidate's position among all.
    """
    validate = partial(cross_validate, folds=folds, evaluator=evaluator, needed=needed, parallelism=parallelism)
    plan = halving.plan(len(candidates))
    places = tuple(range(len(candidates)))
    searches: list[Search] = []
    rungs: list[Rung] = []
    with kept(on_rungs(rows, halving, [divisor for divisor, _ in plan])) as (laid,):
        for rung, (divisor, size) in enumerate(plan):
            places = _best(searches[-1], places, evaluator, size) if searches else places
            # The last rung has the rows as they were given, in their order, and so the scores of a plain search.
            taken = rows if divisor == 1 else laid.where(F.col(RUNG) <= rung).drop(RUNG)
            found = validate(taken, [candidates[place] for place in places], heard=_renumbered(heard, places))
            searches.append(found)
            rungs.append(_rung(1 / divisor, places, found))
    return _halved(searches[-1], rungs, evaluator)


def on_rungs(rows: DataFrame, halving: Halving, divisors: Sequence[int]) -> DataFrame:
    """The rows and `_rung` int: the first rung, from 0, that each is on; it is on all later ones too.

    Args:
        rows: with `fold` int, the key and the strata.
        halving: what tells rows and classes apart.
        divisors: what the rows are divided by, rung by rung, falling to 1.
    """
    group = Window.partitionBy(FOLD, stratum_of(halving.strata))
    place = F.row_number().over(group.orderBy(key_hash(halving.key, halving.seed, "rung"), *halving.key))
    count = F.count(F.lit(1)).over(group)
    rung = F.lit(len(divisors) - 1)
    for at in reversed(range(len(divisors) - 1)):
        rung = F.when(place <= F.ceil(count / F.lit(divisors[at])), at).otherwise(rung)
    return rows.withColumn(RUNG, rung)


def _best(found: Search, places: Sequence[int], evaluator: FigureEvaluator, size: int) -> tuple[int, ...]:
    sign = -1 if evaluator.isLargerBetter() else 1

    def order(place: int) -> tuple[bool, float]:
        metric = found.mean(places.index(place))[evaluator.metric]
        return math.isnan(metric), sign * metric

    # Sorting keeps those that are alike in their order.
    return tuple(sorted(sorted(places, key=order)[:size]))


def _renumbered(heard: Callable[[Score], None] | None, places: Sequence[int]) -> Callable[[Score], None] | None:
    return (lambda score: heard(score._replace(candidate=places[score.candidate]))) if heard else None


def _rung(share: float, places: tuple[int, ...], found: Search) -> Rung:
    return Rung(share, places, tuple(score._replace(candidate=places[score.candidate]) for score in found.scores))


def _halved(last: Search, rungs: Sequence[Rung], evaluator: FigureEvaluator) -> HalvedSearch:
    newest = {place: rung for rung in rungs for place in rung.candidates}
    scores = tuple(score for place in sorted(newest) for score in newest[place].scores if score.candidate == place)
    validated = Halved(last.validated, rungs[-1].candidates, scores, evaluator.metric)
    return HalvedSearch(validated.best, last.model, scores, validated, tuple(rungs))
