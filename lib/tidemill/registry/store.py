"""Record a training with all its figures, register its model, and find the champion again."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.ml import PipelineModel
from pyspark.sql.types import StructType

from tidemill.config import Config
from tidemill.errors import RequestWrong
from tidemill.registry.card import ModelCard
from tidemill.registry.environment import environment, requirements
from tidemill.registry.local_store import SQLITE, ensure_local_store
from tidemill.registry.quiet import quiet_mlflow
from tidemill.registry.signature import signature

CHAMPION = "champion"
CHALLENGER = "challenger"
# MLflow takes no more of them in one request.
METRICS_AT_ONCE = 1000
CARD = "tidemill"
# A figure by step.
Curve = Sequence[tuple[int, float]]


class NoChampion(RequestWrong):
    """No model of this name has been registered as the champion."""

    def __init__(self, name: str, store: str) -> None:
        super().__init__(
            f"no champion of the model '{name}' is registered in {store}. "
            f"Train it first: spark-submit jobs/train_{name}.py"
        )


class Trial(NamedTuple):
    """One candidate of a training: what it is, its figures fold by fold, and on what share of the rows."""

    name: str
    parameters: Mapping[str, Any]
    folds: Sequence[Mapping[str, float]]
    mean: Mapping[str, float]
    deviation: Mapping[str, float]
    share: float = 1.0

    def figures(self) -> dict[str, float]:
        """Mean and deviation, under the names that the registry uses."""
        means = {f"cv_{name}_mean": value for name, value in self.mean.items()}
        return means | {f"cv_{name}_std": value for name, value in self.deviation.items()}


class Registered(NamedTuple):
    """A model version and the MLflow run that it came from."""

    version: int
    run_id: str


@dataclass(frozen=True)
class Champion:
    """The registered model that predicts now."""

    model: PipelineModel
    version: int
    card: ModelCard


class Registry:
    """The MLflow store that the configuration names.

    Args:
        config: its `mlflow.tracking_uri`, `mlflow.artifacts` and `home` are used.
    """

    def __init__(self, config: Config) -> None:
        self._uri = config.mlflow.tracking_uri
        self._artifacts = config.mlflow.artifacts.rstrip("/")
        # Spark writes a model here before MLflow takes it to its artifacts.
        self._between = f"{config.home}/mlflow/between"

    def record(
        self,
        card: ModelCard,
        model: PipelineModel,
        schema: StructType,
        parameters: Mapping[str, Any],
        trials: Sequence[Trial],
        best: int,
        more: Mapping[str, float],
    ) -> Registered:
        """Record a training as one run (a child run a candidate), and register its model as the challenger.

        A training that was killed after this and is run again finds the version that it made, and makes no other.

        Args:
            card: what the model says of itself.
            model: fitted; all its stages can be written.
            schema: of the columns that the model reads.
            parameters: of the training.
            trials: every candidate.
            best: the place of the one that became the model.
            more: further figures of the model, as on the rows held out.
        """
        mlflow, client = self._open()
        tags = {"run": card.run, "training": _fingerprint(card, parameters, trials)}
        made = self._made_before(client, card.name, tags)
        if made:
            return made
        experiment = self._experiment(client, card.name)
        with mlflow.start_run(experiment_id=experiment, run_name=card.run) as run:
            chosen = trials[best]
            own = {"table": card.table, "table_version": card.table_version, "run": card.run}
            # The training's own last: a stacking has folds, too.
            of_run = {**chosen.parameters, "algorithm": chosen.name, **parameters, **own}
            self._log(client, run.info.run_id, of_run, {**_of_trial(chosen), **of_one_step(more)})
            for trial in trials:
                with mlflow.start_run(experiment_id=experiment, run_name=_title(trial), nested=True) as child:
                    told = {"algorithm": trial.name, **trial.parameters}
                    self._log(client, child.info.run_id, told, _of_trial(trial))
            mlflow.spark.log_model(
                model,
                artifact_path="model",
                dfs_tmpdir=self._between,
                signature=signature(schema, card),
                pip_requirements=requirements(),
                metadata={CARD: card.model_dump(mode="json")},
            )
            client.log_text(run.info.run_id, environment(), "environment.txt")
            source = f"{run.info.artifact_uri}/model"
        registered = self._register(client, card.name, source, run.info.run_id, tags)
        return Registered(registered, run.info.run_id)

    def champion(self, name: str) -> Champion:
        """Load the model that predicts now; needs a running Spark session.

        Raises:
            NoChampion: none was registered.
        """
        current = self._alias(name, CHAMPION)
        if current is None:
            raise NoChampion(name, self._uri)
        mlflow, _ = self._open()
        uri = f"models:/{name}/{current}"
        card = mlflow.models.get_model_info(uri).metadata[CARD]
        model = mlflow.spark.load_model(uri, dfs_tmpdir=self._between)
        return Champion(model, current, ModelCard.model_validate(card))

    def champion_version(self, name: str) -> int | None:
        """The version that predicts now; none where no model of this name does."""
        return self._alias(name, CHAMPION)

    def promote(self, name: str, version: int) -> None:
        """Make a version the champion: what predicts from now on."""
        _, client = self._open()
        client.set_registered_model_alias(name, CHAMPION, str(version))
        if self._alias(name, CHALLENGER) == version:
            client.delete_registered_model_alias(name, CHALLENGER)

    def attach(self, registered: Registered, texts: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Keep more with a training: files by their names, and tags."""
        _, client = self._open()
        for name, text in texts.items():
            client.log_text(registered.run_id, text, name)
        for name, value in tags.items():
            client.set_tag(registered.run_id, name, value)

    def _alias(self, name: str, alias: str) -> int | None:
        if self._uri.startswith(SQLITE) and not Path(self._uri.removeprefix(SQLITE)).exists():
            return None
        mlflow, client = self._open()
        try:
            return int(client.get_model_version_by_alias(name, alias).version)
        except mlflow.exceptions.MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _open(self) -> tuple[Any, Any]:
        mlflow = quiet_mlflow()
        ensure_local_store(self._uri)
        mlflow.set_tracking_uri(self._uri)
        mlflow.set_registry_uri(self._uri)
        return mlflow, mlflow.MlflowClient()

    def _experiment(self, client: Any, name: str) -> str:
        found = client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        return str(client.create_experiment(name, artifact_location=f"{self._artifacts}/{name}"))

    def _log(self, client: Any, run_id: str, parameters: Mapping[str, Any], curves: Mapping[str, Curve]) -> None:
        entities = quiet_mlflow().entities
        now = int(time.time() * 1000)
        metrics = [entities.Metric(name, value, now, step) for name, curve in curves.items() for step, value in curve]
        client.log_batch(run_id, params=[entities.Param(name, str(value)) for name, value in parameters.items()])
        for start in range(0, len(metrics), METRICS_AT_ONCE):
            client.log_batch(run_id, metrics=metrics[start : start + METRICS_AT_ONCE])

    def _made_before(self, client: Any, name: str, tags: Mapping[str, str]) -> Registered | None:
        """The version that the same training made before it was killed; the challenger, where it is no champion."""
        newest = client.search_model_versions(f"name='{name}'", max_results=1, order_by=["version_number DESC"])
        if not newest or dict(newest[0].tags) != tags:
            return None
        made = Registered(int(newest[0].version), newest[0].run_id)
        if self._alias(name, CHAMPION) != made.version:
            client.set_registered_model_alias(name, CHALLENGER, str(made.version))
        return made

    def _register(self, client: Any, name: str, source: str, run_id: str, tags: Mapping[str, str]) -> int:
        exceptions = quiet_mlflow().exceptions
        try:
            client.create_registered_model(name)
        except exceptions.MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        made = client.create_model_version(name, source, run_id, tags=dict(tags))
        client.set_registered_model_alias(name, CHALLENGER, made.version)
        return int(made.version)


def _fingerprint(card: ModelCard, parameters: Mapping[str, Any], trials: Sequence[Trial]) -> str:
    """What the training was asked for; its figures are left out, whose last digit may differ a second time."""
    of_card = card.model_dump(mode="json", exclude={"typical"})
    asked = [of_card, dict(parameters), [[trial.name, dict(trial.parameters)] for trial in trials]]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _title(trial: Trial) -> str:
    return " ".join([trial.name, *(f"{name}={value}" for name, value in trial.parameters.items())])


def _of_trial(trial: Trial) -> dict[str, Curve]:
    """A candidate's figures by fold, and over the folds."""
    names = trial.folds[0] if trial.folds else {}
    by_fold = {f"cv_{name}": [(fold, each[name]) for fold, each in enumerate(trial.folds)] for name in names}
    return {**by_fold, **of_one_step(trial.figures())}


def of_one_step(figures: Mapping[str, float]) -> dict[str, Curve]:
    """Figures that were found once, as curves of one step."""
    return {name: [(0, value)] for name, value in figures.items()}
