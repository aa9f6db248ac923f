"""An image classifier's file, conf/models/NAME.yaml, read strictly."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Config
from tidemill.models.images.settings.limits import LANES, MOST_VIEWS
from tidemill.models.images.settings.training import TrainingSettings
from tidemill.models.model_files import IMAGE_CLASSES, ModelFile, read_model_file

# Told at the top of the file: how a training is run does not change what it comes to.
HOW = ("backend", "ranks", "threads")
# What is done with the trained network; and the version, which a training pins.
AFTERWARDS = ("version", "metric", "baseline", "mistakes")
Figure = Literal["accuracy", "f1", "f1_weighted", "log_loss"]


class ImageSettings(ModelFile):
    """Everything that decides what an image classifier will be, given its table, and how it is trained.

    Attributes:
        task: says that the answer is one of several classes of images.
        table: the silver table of an image dataset.
        version: of the table; the newest where nothing is said.
        metric: the figure on the test split that decides whether a model takes the champion's place.
        baseline: whether histograms of gradients and a linear SVM are fitted to the same images, to compare with.
        mistakes: as many of the worst are shown in the report.
        backend: who starts the ranks and adds up their gradients.
        ranks: processes that share each batch.
        threads: of each rank; the machine's cores shared among its ranks where nothing is said.
        frozen_views: stages before the first that teaches the base read features that were computed once and are kept
            for later runs: of the images as they are (0), or of so many augmented views, one an epoch in turn; images
            where nothing is said.
        training: how the network learns.
    """

    task: Literal["image_classes"]
    table: str = Field(pattern="^silver\\.[a-z][a-z0-9_]*$")
    version: int | None = Field(default=None, ge=0)
    metric: Figure = "accuracy"
    baseline: bool = True
    mistakes: int = Field(default=24, ge=0, le=200)
    backend: Literal["single", "torch", "horovod"] = "single"
    ranks: int = Field(default=1, ge=1)
    threads: int | None = Field(default=None, ge=1)
    frozen_views: int | None = Field(default=None, ge=0, le=MOST_VIEWS)
    training: TrainingSettings

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for key in HOW:
            if key in self.training.model_fields_set:
                raise ValueError(f"'{key}' stands at the top of the file, not under training")
        if LANES % self.ranks:
            allowed = ", ".join(str(ranks) for ranks in range(1, LANES + 1) if LANES % ranks == 0)
            raise ValueError(f"ranks is {self.ranks}, but must be one of {allowed}")
        if self.backend == "single" and self.ranks > 1:
            raise ValueError(f"the backend single has one rank, not {self.ranks}. Set backend to torch or horovod.")
        return self

    @property
    def run_as(self) -> TrainingSettings:
        """The training with how it is run."""
        return self.training.model_copy(update={key: getattr(self, key) for key in HOW})

    @property
    def decisive(self) -> dict[str, Any]:
        """What decides the model, plain: a training that was killed is taken up where this is the same."""
        return {
            **self.model_dump(mode="json", exclude={"training", *AFTERWARDS, *HOW}),
            "training": self.training.fingerprint,
        }

    @property
    def larger_is_better(self) -> bool:
        """Whether the metric rises with quality."""
        return self.metric != "log_loss"


def load_image_settings(config: Config, name: str) -> ImageSettings:
    """Read conf/models/NAME.yaml of an image classifier, with what `--set NAME.KEY=VALUE` says laid over it.

    Raises:
        UnknownModel: there is no such file.
        OtherTask: the file is of a model that another job trains.
        WrongDocument: it says something that it may not say.
        OtherName: it names another model than its file does.
    """
    return read_model_file(config, name, ImageSettings, (IMAGE_CLASSES,))
