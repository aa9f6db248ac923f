"""A model's file, conf/models/NAME.yaml, read strictly."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Config, Frozen
from tidemill.errors import RequestWrong, suggestion
from tidemill.features import FeatureSettings
from tidemill.models.algorithms import require_algorithm, require_parameter
from tidemill.models.combining import EnsembleSettings, ImbalanceSettings, ThresholdSettings
from tidemill.models.model_files import ModelFile, read_model_file
from tidemill.models.search_settings import GridValues, SearchSettings
from tidemill.validation.figures import REGRESSION_FIGURES, binary_figure_names, larger_is_better
from tidemill.validation.searching import examples_of

FIGURES = {"binary": binary_figure_names(), "regression": REGRESSION_FIGURES}
LOG = "_log"
FEWEST_FOLDS, MOST_FOLDS = 2, 100


class UnknownAlgorithm(RequestWrong):
    """An algorithm is asked for that the model's file does not name."""

    def __init__(self, model: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"conf/models/{model}.yaml has no candidate '{name}'. {suggestion(name, known)}")


class WrongFolds(RequestWrong):
    """A training is asked for with a number of folds that it cannot have."""

    def __init__(self, folds: int) -> None:
        super().__init__(f"--folds is {folds}, but must be from {FEWEST_FOLDS} to {MOST_FOLDS}")


class Target(Frozen):
    """What is predicted.

    Attributes:
        column: of the gold table.
        transform: log learns and searches on ln(column); box_cox on (column^l - 1) / l with the l that makes the
            training rows most like a normal distribution. Predictions are given on the column's own scale. Rows whose
            target has no logarithm are not learnt from; for box_cox they are an error.
    """

    column: str
    transform: Literal["none", "log", "box_cox"] = "none"


class CandidateSettings(Frozen):
    """An algorithm, the parameters it always has, and the values or distributions of those to choose."""

    algorithm: str
    settings: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, GridValues] = Field(default_factory=dict)


class ModelSettings(ModelFile):
    """Everything that decides what a model will be, given its table.

    Attributes:
        task: what kind of answer it gives.
        table: the gold table that it learns from.
        key: what tells the table's rows apart.
        target: what is predicted.
        features: how the columns become numbers.
        candidates: the algorithms and their grids.
        search: which combinations of a grid are tried, and how.
        ensembles: candidates made of others.
        imbalance: ways to learn a rare class that are tried on the best single candidate.
        metric: the figure that decides.
        threshold: how that of a binary model is chosen; 0.5 where nothing is said.
        folds: of the search.
        confirm_folds: the winner is validated once more on so many other folds, which the search has not seen.
        nested_folds: the search is repeated inside the training part of so many folds and scored on the rest: what the
            tuned model, not one candidate of it, is worth.
        holdout: the share of rows that only the winner is scored on, once.
        seed: of the hold-out, the folds and the learners.
        parallelism: fits at once.
    """

    task: Literal["binary", "regression"]
    table: str = Field(pattern="^gold\\.[a-z][a-z0-9_]*$")
    key: tuple[str, ...] = Field(min_length=1)
    target: Target
    features: FeatureSettings
    candidates: tuple[CandidateSettings, ...] = Field(min_length=1)
    search: SearchSettings = SearchSettings()
    ensembles: tuple[EnsembleSettings, ...] = ()
    imbalance: ImbalanceSettings | None = None
    metric: str
    threshold: ThresholdSettings | None = None
    folds: int = Field(default=5, ge=FEWEST_FOLDS, le=MOST_FOLDS)
    confirm_folds: int | None = Field(default=None, ge=FEWEST_FOLDS, le=MOST_FOLDS)
    nested_folds: int | None = Field(default=None, ge=FEWEST_FOLDS, le=MOST_FOLDS)
    holdout: float = Field(default=0.2, gt=0, lt=1)
    seed: int = 0
    parallelism: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        algorithms = {each.algorithm: require_algorithm(self.task, each.algorithm) for each in self.candidates}
        for problem in (*_of_task(self), *_of_ensembles(self)):
            raise ValueError(problem)
        for candidate in self.candidates:
            algorithm = algorithms[candidate.algorithm]
            for name, value in candidate.settings.items():
                require_parameter(candidate.algorithm, algorithm, name, value)
            for problem in self.search.problems(candidate.algorithm, candidate.grid):
                raise ValueError(problem)
            for name, values in candidate.grid.items():
                for value in examples_of(values):
                    require_parameter(candidate.algorithm, algorithm, name, value)
        return self

    def only(self, algorithms: Sequence[str]) -> Self:
        """The same model with some of its algorithms alone, and the ensembles that these suffice for.

        Raises:
            UnknownAlgorithm: the file has no candidate of that name.
        """
        named = [each.algorithm for each in self.candidates]
        for name in algorithms or ("",):
            if name not in named:
                raise UnknownAlgorithm(self.name, name, named)
        return self.model_copy(
            update={
                "candidates": tuple(each for each in self.candidates if each.algorithm in algorithms),
                "ensembles": tuple(each for each in self.ensembles if set(each.of) <= set(algorithms)),
            }
        )

    def with_folds(self, folds: int) -> Self:
        """The same model with another number of folds, none that confirm it and no nested ones.

        Raises:
            WrongFolds: there are fewer than two or more than a hundred.
        """
        if not FEWEST_FOLDS <= folds <= MOST_FOLDS:
            raise WrongFolds(folds)
        return self.model_copy(update={"folds": folds, "confirm_folds": None, "nested_folds": None})

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures that this model is judged by."""
        own = FIGURES[self.task]
        return own if self.target.transform == "none" else (*own, *(f"{name}{LOG}" for name in own))

    @property
    def larger_is_better(self) -> bool:
        """Whether the metric rises with quality."""
        return larger_is_better(self.metric)


def _of_task(settings: ModelSettings) -> Iterator[str]:
    if settings.metric not in settings.figures:
        yield f"there is no metric '{settings.metric}'. {suggestion(settings.metric, settings.figures)}"
    if settings.target.column in settings.features.columns:
        yield f"the target '{settings.target.column}' cannot be a feature"
    test = settings.features.select.test if settings.features.select else None
    if test and (test == "regression") != (settings.task == "regression"):
        known = "regression" if settings.task == "regression" else "anova or chi2"
        yield f"features.select.test '{test}' does not fit a {settings.task} target; write {known}"
    if settings.task == "binary":
        if settings.target.transform != "none":
            yield "a binary target takes no transform"
        return
    for name in ("imbalance", "threshold"):
        if getattr(settings, name) is not None:
            yield f"{name} is for a binary target, and this one is a number"


def _of_ensembles(settings: ModelSettings) -> Iterator[str]:
    named = [each.algorithm for each in settings.candidates]
    for ensemble in settings.ensembles:
        for name in ensemble.of:
            if name not in named:
                yield f"{ensemble.kind} is of '{name}', which is no candidate. {suggestion(name, named)}"
        if len(set(ensemble.of)) < len(ensemble.of):
            yield f"{ensemble.kind} is of one algorithm twice: {', '.join(ensemble.of)}"
        known = ("weights",) if ensemble.kind == "voting" else ("metaRegParam", "folds")
        for name in ensemble.settings:
            if name not in known:
                yield f"{ensemble.kind} has no parameter '{name}'. {suggestion(name, known)}"
        yield from _of_ensemble_settings(ensemble)


def _of_ensemble_settings(ensemble: EnsembleSettings) -> Iterator[str]:
    weights = ensemble.settings.get("weights", [1.0])
    if not isinstance(weights, list) or not all(_is_number(each) and each >= 0 for each in weights) or not sum(weights):
        yield f"{ensemble.kind}'s weights are {weights!r}, but must be a list of numbers from 0 on, not all of them 0"
    elif "weights" in ensemble.settings and len(weights) != len(ensemble.of):
        yield f"{ensemble.kind} has {len(ensemble.of)} algorithms and {len(weights)} weights"
    penalty, folds = ensemble.settings.get("metaRegParam", 0.0), ensemble.settings.get("folds", FEWEST_FOLDS)
    if not _is_number(penalty) or penalty < 0:
        yield f"{ensemble.kind}'s metaRegParam is {penalty!r}, but must be a number from 0 on"
    if not isinstance(folds, int) or not FEWEST_FOLDS <= folds <= MOST_FOLDS:
        yield f"{ensemble.kind}'s folds are {folds!r}, but must be a whole number from {FEWEST_FOLDS} to {MOST_FOLDS}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def load_model_settings(config: Config, name: str) -> ModelSettings:
    """Read conf/models/NAME.yaml.

    Raises:
        UnknownModel: there is no such file.
        OtherTask: it is of a model of images.
        WrongDocument: it says something that it may not say.
        OtherName: it names another model than its file does.
    """
    return read_model_file(config, name, ModelSettings, ("binary", "regression"))
