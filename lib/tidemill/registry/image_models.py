"""The registry of image classifiers: a file of weights with its card, loadable without Spark."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from tidemill.config import Frozen
from tidemill.errors import RequestWrong
from tidemill.registry.environment import environment
from tidemill.registry.store import CARD, CHAMPION, Curve, Registered, Registry, of_one_step

# What a classifier needs to be loaded.
NEEDED = ("torch", "numpy", "pandas", "mlflow", "tidemill")


class NoImageChampion(RequestWrong):
    """No image classifier of this name has been registered as the champion."""

    def __init__(self, name: str, store: str) -> None:
        super().__init__(
            f"no image classifier '{name}' is registered as the champion in {store}. "
            f"Train it first: spark-submit jobs/train_images.py --model {name}"
        )


class ImageCard(Frozen):
    """What a registered classifier says of itself, kept in its metadata.

    Attributes:
        name: the registered name.
        task: says that it answers with one of several classes of images.
        table: the silver table that it was trained on.
        table_id: Delta's own name of the table, which a table of the same path made anew does not have.
        table_version: the version that it was trained on.
        key: what tells the table's rows apart.
        classes: in the order of the network's answers.
        base: what it learnt with.
        size: of the images that the network takes, pixels; others are resized.
        shape: height, width and channels of the images that it was trained on.
        weights: a hash of all its weights.
        training: a hash of the settings that decide them.
        seed: of the training.
        run: the ledger's run that trained it.
    """

    name: str
    task: Literal["image_classes"] = "image_classes"
    table: str
    table_id: str
    table_version: int
    key: tuple[str, ...] = ("image_id",)
    classes: tuple[str, ...]
    base: str
    size: int
    shape: tuple[int, int, int]
    weights: str
    training: str
    seed: int
    run: str


@dataclass(frozen=True)
class ImageChampion:
    """The registered classifier that predicts now: its card and its files."""

    card: ImageCard
    version: int
    files: Mapping[str, bytes]


class ImageRegistry(Registry):
    """The same store as every model's, for classifiers."""

    def record_images(
        self,
        card: ImageCard,
        files: Mapping[str, bytes],
        loader: str,
        parameters: Mapping[str, Any],
        figures: Mapping[str, float],
        curves: Mapping[str, Curve],
    ) -> Registered:
        """Record a training as one run and register its classifier as the challenger.

        A training that was killed after this and is run again finds the version that it made, and makes no other.

        Args:
            card: what the classifier says of itself.
            files: all that its loader needs, by name.
            loader: the module by which MLflow loads it.
            parameters: of the training.
            figures: of the classifier.
            curves: figures by step.
        """
        mlflow, client = self._open()
        tags = {"run": card.run, "weights": card.weights}
        made = self._made_before(client, card.name, tags)
        if made:
            return made
        experiment = self._experiment(client, card.name)
        with mlflow.start_run(experiment_id=experiment, run_name=card.run) as run:
            of_card = card.model_dump(mode="json", exclude={"classes", "task", "name", "key"})
            told = {**parameters, **of_card, "classes": len(card.classes)}
            self._log(client, run.info.run_id, told, {**curves, **of_one_step(figures)})
            with TemporaryDirectory() as folder:
                data, model = Path(folder) / "classifier", Path(folder) / "model"
                data.mkdir()
                for name, content in files.items():
                    (data / name).write_bytes(content)
                mlflow.pyfunc.save_model(
                    path=str(model),
                    loader_module=loader,
                    data_path=str(data),
                    pip_requirements=_requirements(),
                    metadata={CARD: card.model_dump(mode="json")},
                )
                client.log_artifacts(run.info.run_id, str(model), "model")
            client.log_text(run.info.run_id, environment(), "environment.txt")
            source = f"{run.info.artifact_uri}/model"
        return Registered(self._register(client, card.name, source, run.info.run_id, tags), run.info.run_id)

    def image_champion(self, name: str) -> ImageChampion:
        """The classifier that predicts now, without Spark.

        Raises:
            NoImageChampion: none was registered, or what was is no image classifier.
        """
        current = self._alias(name, CHAMPION)
        if current is None:
            raise NoImageChampion(name, self._uri)
        mlflow, _ = self._open()
        uri = f"models:/{name}/{current}"
        card = (mlflow.models.get_model_info(uri).metadata or {}).get(CARD, {})
        if card.get("task") != "image_classes":
            raise NoImageChampion(name, self._uri)
        with TemporaryDirectory() as folder:
            found = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
            files = {each.name: each.read_bytes() for each in (found / "data" / "classifier").iterdir()}
        return ImageChampion(ImageCard.model_validate(card), current, files)


def _requirements() -> list[str]:
    return [f"{name}=={version(name)}" for name in NEEDED if any(distributions(name=name))]
