"""Train the churn model on its gold table, validate it, register it, and promote it if it beats the champion."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.lake import Lake
from tidemill.models import (
    add_training_arguments,
    as_requested,
    load_model_settings,
    put_report,
    require_own_settings,
    train_model,
)
from tidemill.registry import Registry
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Train the model."""
    parser = job_arguments("train_churn", __doc__)
    add_training_arguments(parser)
    request = parser.parse_args(arguments)
    config = parser.config(request)
    require_own_settings(config, "churn")
    settings = as_requested(load_model_settings(config, "churn"), request)
    with spark_session(config, "train churn") as spark:
        trained = train_model(Lake(spark, config.lake_root), Registry(config), settings, tell, request.promote)
    report = put_report(config.reports, trained, tell)
    return {"job": "train_churn", "model": "churn", **trained.result(), "report": report}


def tell(line: str) -> None:
    """One line for the person who waits."""
    sys.stderr.write(f"train_churn: {line}\n")


if __name__ == "__main__":
    sys.exit(run_job(main))
