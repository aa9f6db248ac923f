"""Train the housing model on its gold table, validate it, and register it as the champion."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.lake import Lake
from tidemill.models import load_model_settings, train_model
from tidemill.registry import Registry
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Train the model."""
    parser = job_arguments("train_housing", __doc__)
    config = parser.config(parser.parse_args(arguments))
    settings = load_model_settings(config, "housing")
    with spark_session(config, "train housing") as spark:
        trained = train_model(Lake(spark, config.lake_root), Registry(config), settings, tell)
    return {"job": "train_housing", "model": "housing", **trained.result()}


def tell(line: str) -> None:
    """One line for the person who waits."""
    sys.stderr.write(f"train_housing: {line}\n")


if __name__ == "__main__":
    sys.exit(run_job(main))
