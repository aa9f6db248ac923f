"""What MLflow's store says of a champion and of the candidates that it won against, read without Spark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidemill.config import Config
from tidemill.errors import RunFailed
from tidemill.registry.quiet import quiet_mlflow
from tidemill.registry.store import CHAMPION


class NotTrained(RunFailed):
    """The store knows no champion of this name."""

    def __init__(self, name: str, store: str) -> None:
        super().__init__(f"no champion of the model '{name}' is in {store}. Run: spark-submit jobs/train_{name}.py")


@dataclass(frozen=True)
class Candidate:
    """One candidate: its name with its parameters, and each figure fold by fold."""

    name: str
    folds: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Training:
    """The training that made a champion.

    Attributes:
        version: the model's.
        algorithm: the winner's, in words.
        folds: the winner's figures, fold by fold.
        holdout: the winner's figures on the rows held out, which no candidate has seen.
        candidates: all of them, in the order in which they were tried.
    """

    version: int
    algorithm: str
    folds: Mapping[str, Sequence[float]]
    holdout: Mapping[str, float]
    candidates: Sequence[Candidate]


def champions_training(config: Config, name: str) -> Training:
    """Read how the champion of a model was found.

    Args:
        config: names MLflow's store.
        name: the registered model's.

    Raises:
        NotTrained: there is no champion.
    """
    mlflow = quiet_mlflow()
    client = mlflow.MlflowClient(config.mlflow.tracking_uri, config.mlflow.tracking_uri)
    try:
        version = client.get_model_version_by_alias(name, CHAMPION)
    except mlflow.exceptions.MlflowException as error:
        raise NotTrained(name, config.mlflow.tracking_uri) from error
    run = client.get_run(version.run_id)
    children = client.search_runs(
        [run.info.experiment_id],
        filter_string=f"tags.mlflow.parentRunId = '{version.run_id}'",
        order_by=["attributes.start_time ASC"],
    )
    prefix = "holdout_"
    return Training(
        version=int(version.version),
        algorithm=run.data.params["algorithm"].replace("_", " "),
        folds=_folds(client, run),
        holdout={key.removeprefix(prefix): value for key, value in run.data.metrics.items() if key.startswith(prefix)},
        candidates=[Candidate(child.info.run_name, _folds(client, child)) for child in children],
    )


def _folds(client: Any, run: Any) -> dict[str, list[float]]:
    folds = {}
    for key in run.data.metrics:
        if key.startswith("cv_") and not key.endswith(("_mean", "_std")):
            history = sorted(client.get_metric_history(run.info.run_id, key), key=lambda metric: metric.step)
            folds[key.removeprefix("cv_")] = [metric.value for metric in history]
    return folds
