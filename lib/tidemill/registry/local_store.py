"""MLflow's store in a SQLite file, made whole before anybody sees it."""

import fcntl
from pathlib import Path
from tempfile import TemporaryDirectory

from tidemill.registry.quiet import quiet_mlflow

SQLITE = "sqlite:///"


def ensure_local_store(uri: str) -> None:
    """Make the SQLite file of a store that is not there yet; other kinds of store are left to their servers.

    MLflow creates the tables of an empty file step by step and without a transaction: two jobs that do so at a time
    stumble over each other, and one that is killed leaves tables that no later job can open. The tables are therefore
    made in a file aside, which gets its name when it is complete, by one job at a time.

    Args:
        uri: the configuration's `mlflow.tracking_uri`.
    """
    if not uri.startswith(SQLITE):
        return
    file = Path(uri.removeprefix(SQLITE))
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.lock").open("w") as lock, TemporaryDirectory(dir=file.parent) as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists():
            return
        made = Path(folder) / file.name
        client = quiet_mlflow().MlflowClient(f"{SQLITE}{made}", f"{SQLITE}{made}")
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)
        made.replace(file)
