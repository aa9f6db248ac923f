"""MLflow, imported late (it takes seconds) and kept from talking to people and over the network."""

import logging
import os
from functools import cache
from types import ModuleType

SETTINGS = {
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # MLflow looks for the commit of the running script, and git warns where there is none.
    "GIT_PYTHON_REFRESH": "quiet",
}


@cache
def quiet_mlflow() -> ModuleType:
    """The module mlflow, with its logging, progress bars and telemetry off unless the environment says otherwise."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: PLC0415
    import mlflow.spark  # noqa: PLC0415

    for name in ("mlflow", "alembic", "git"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow
