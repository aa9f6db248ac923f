"""Candidates: each algorithm with each combination of its grid, then ensembles and ways to learn a rare class."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from pyspark.ml import Estimator, Transformer
from pyspark.ml.classification import LinearSVC

from tidemill.estimators import (
    CalibratedClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from tidemill.estimators.imbalance import ClassWeighted, Oversampled, SmoteSampled, Undersampled
from tidemill.features import FEATURES, AddedColumns, BoxCoxTarget, feature_stages
from tidemill.models.algorithms import ALGORITHMS
from tidemill.models.combining import EnsembleSettings
from tidemill.models.settings import ModelSettings
from tidemill.validation import Candidate

LABEL = "label"
# The prediction on the label's scale; `prediction` is on the target column's own.
PREDICTED_LABEL = "predicted_label"
ENSEMBLES: Mapping[tuple[str, str], type[Any]] = {
    ("binary", "voting"): VotingClassifier,
    ("binary", "stacking"): StackingClassifier,
    ("regression", "voting"): VotingRegressor,
    ("regression", "stacking"): StackingRegressor,
}
WAYS: Mapping[str, type[Any]] = {
    "weights": ClassWeighted,
    "over": Oversampled,
    "under": Undersampled,
    "smote": SmoteSampled,
}


class Choice(NamedTuple):
    """An algorithm with all its parameters."""

    algorithm: str
    parameters: Mapping[str, Any]


def first_stage(settings: ModelSettings) -> Transformer:
    """The stage that is fitted to nothing, applied once to all rows rather than once a candidate and fold."""
    return cast(Transformer, feature_stages(settings.features)[0])


def candidates_of(settings: ModelSettings) -> list[Candidate]:
    """Every algorithm with every combination of its grid, each the unfitted stages that follow `first_stage`."""
    stages = _Stages(settings)
    return [stages.around(choice.algorithm, _learner(settings, choice), chosen) for choice, chosen in _chosen(settings)]


def choices_of(settings: ModelSettings) -> list[Choice]:
    """What each of `candidates_of` is, in their order, with the parameters that its file fixes."""
    return [choice for choice, _ in _chosen(settings)]


def combined_candidates(
    settings: ModelSettings, best: Mapping[str, Choice], winner: Choice, chosen: Mapping[str, Any]
) -> list[Candidate]:
    """The ensembles of the best of each algorithm, and the best of all with each way to learn a rare class.

    Args:
        settings: the model's file.
        best: by algorithm, the parameters that did best.
        winner: the best single candidate.
        chosen: what of it the search chose.
    """
    stages = _Stages(settings)
    ensembles = [
        stages.around(each.kind, _ensemble(settings, each, best), {"of": " ".join(each.of), **each.settings})
        for each in settings.ensembles
    ]
    if settings.imbalance is None:
        return ensembles
    recalibrate = settings.imbalance.recalibrate
    ways = [
        stages.around(
            winner.algorithm,
            _way(settings, way, recalibrate, winner),
            {**chosen, "imbalance": way, "recalibrate": recalibrate},
        )
        for way in settings.imbalance.ways
    ]
    return [*ensembles, *ways]


def columns_needed(settings: ModelSettings) -> tuple[str, ...]:
    """What candidates and figures read of the prepared rows: learners that make folds of their own hash the key."""
    return tuple(dict.fromkeys((FEATURES, LABEL, settings.target.column, *settings.key)))


def _chosen(settings: ModelSettings) -> Iterator[tuple[Choice, dict[str, Any]]]:
    """Each candidate's choice, and what of it the search chose."""
    for each in settings.candidates:
        for chosen in settings.search.combinations(each.grid, settings.seed):
            yield Choice(each.algorithm, {**each.settings, **chosen}), chosen


class _Stages:
    """The stages around a learner; those before it are the same objects for all, and so fitted once for all."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._before = feature_stages(settings.features)[1:]

    def around(self, name: str, learner: Estimator[Any], parameters: Mapping[str, Any]) -> Candidate:
        settings = self._settings
        if settings.target.transform == "box_cox":
            learner = BoxCoxTarget(learner, settings.target.column, LABEL, PREDICTED_LABEL)
        return Candidate(name, [*self._before, learner, *_closing_stages(settings)], dict(parameters))


def _learner(settings: ModelSettings, choice: Choice) -> Estimator[Any]:
    bare = _bare(settings, choice)
    return _calibrated(settings, bare, "platt") if isinstance(bare, LinearSVC) else bare


def _bare(settings: ModelSettings, choice: Choice) -> Estimator[Any]:
    algorithm = ALGORITHMS[settings.task][choice.algorithm]
    learner = algorithm.learner()
    given = {**algorithm.usual, **choice.parameters, **algorithm.fixed, **_columns(settings), "seed": settings.seed}
    learner._set(**{name: value for name, value in given.items() if learner.hasParam(name)})
    return learner


def _ensemble(settings: ModelSettings, ensemble: EnsembleSettings, best: Mapping[str, Choice]) -> Estimator[Any]:
    kind = ENSEMBLES[settings.task, ensemble.kind]
    learners = [_learner(settings, best[name]) for name in ensemble.of]
    keys = {"keyCols": list(settings.key)} if ensemble.kind == "stacking" else {}
    given = {**ensemble.settings, **keys, **_columns(settings)}
    made: Estimator[Any] = kind(learners=learners, parallelism=settings.parallelism, seed=settings.seed, **given)
    return made


def _way(settings: ModelSettings, way: str, recalibrate: str, choice: Choice) -> Estimator[Any]:
    bare = _bare(settings, choice)
    # A support vector machine gives no probabilities whose prior could be corrected.
    mapped = "platt" if isinstance(bare, LinearSVC) and recalibrate in ("none", "prior") else recalibrate
    keys = {} if way == "weights" else {"keyCols": list(settings.key)}
    stage = WAYS[way](learner=bare, correctPrior=mapped == "prior", seed=settings.seed, **keys, **_columns(settings))
    return stage if mapped in ("none", "prior") else _calibrated(settings, stage, mapped)


def _calibrated(settings: ModelSettings, learner: Estimator[Any], method: str) -> Estimator[Any]:
    return CalibratedClassifier(
        learner=learner,
        method=method,
        keyCols=list(settings.key),
        parallelism=settings.parallelism,
        seed=settings.seed,
        **_columns(settings),
    )


def _columns(settings: ModelSettings) -> dict[str, str]:
    columns = {"featuresCol": FEATURES, "labelCol": LABEL}
    return columns | ({"predictionCol": PREDICTED_LABEL} if settings.task == "regression" else {})


def _closing_stages(settings: ModelSettings) -> Sequence[Transformer]:
    if settings.task == "binary" or settings.target.transform == "box_cox":
        return []
    # The model gives its answer on the target's own scale, so that whoever loads it need not know the transform.
    answer = f"exp({PREDICTED_LABEL})" if settings.target.transform == "log" else PREDICTED_LABEL
    return [AddedColumns({"prediction": answer})]
