"""A model's file, conf/models/NAME.yaml, read strictly."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from tidemill.config import Config, Frozen, read_document, wrong_document
from tidemill.errors import RequestWrong, suggestion
from tidemill.features import FeatureSettings
from tidemill.models.algorithms import require_algorithm, require_parameter

FIGURES = {
    "binary": ("accuracy", "precision", "recall", "f1", "roc_auc"),
    "regression": ("mse", "rmse", "mae", "r2"),
}
LOG = "_log"


class UnknownModel(RequestWrong):
    """No file describes this model."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no model '{name}' in conf/models/. {suggestion(name, known)}")


class Target(Frozen):
    """What is predicted.

    Attributes:
        column: of the gold table.
        transform: log learns and searches on ln(column); predictions are given on the column's own scale.
    """

    column: str
    transform: Literal["none", "log"] = "none"


class CandidateSettings(Frozen):
    """An algorithm, the parameters it always has, and those to choose from."""

    algorithm: str
    settings: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, tuple[Any, ...]] = Field(default_factory=dict)

    def combinations(self) -> Iterator[dict[str, Any]]:
        """Every combination of the grid's values."""
        for values in product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


class ModelSettings(Frozen):
    """Everything that decides what a model will be, given its table."""

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    task: Literal["binary", "regression"]
    table: str = Field(pattern="^gold\\.[a-z][a-z0-9_]*$")
    key: tuple[str, ...] = Field(min_length=1)
    target: Target
    features: FeatureSettings
    candidates: tuple[CandidateSettings, ...] = Field(min_length=1)
    metric: str
    folds: int = Field(default=5, ge=2, le=100)
    holdout: float = Field(default=0.2, gt=0, lt=1)
    seed: int = 0
    parallelism: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.metric not in self.figures:
            raise ValueError(f"metric '{self.metric}' is not one of {', '.join(self.figures)}")
        if self.task == "binary" and self.target.transform != "none":
            raise ValueError("a binary target takes no transform")
        if self.target.column in self.features.columns:
            raise ValueError(f"the target '{self.target.column}' cannot be a feature")
        for candidate in self.candidates:
            learner = require_algorithm(self.task, candidate.algorithm)
            for name, value in candidate.settings.items():
                require_parameter(learner, name, value)
            for name, values in candidate.grid.items():
                if not values:
                    raise ValueError(f"the grid of {candidate.algorithm} names {name} without a value")
                for value in values:
                    require_parameter(learner, name, value)
        return self

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures that this model is judged by."""
        own = FIGURES[self.task]
        return (*own, *(f"{name}{LOG}" for name in own)) if self.target.transform == "log" else own

    @property
    def larger_is_better(self) -> bool:
        """Whether the metric rises with quality."""
        return self.task == "binary" or self.metric.startswith("r2")


def load_model_settings(config: Config, name: str) -> ModelSettings:
    """Read conf/models/NAME.yaml.

    Raises:
        UnknownModel: there is no such file.
        WrongDocument: it says something that it may not say.
    """
    folder = config.conf_dir / "models"
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise UnknownModel(name, sorted(file.stem for file in folder.glob("*.yaml")))
    document = read_document(path)
    try:
        return ModelSettings.model_validate(document.data)
    except ValidationError as error:
        raise wrong_document(document, ModelSettings, error) from error
