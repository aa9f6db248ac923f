"""Predict with a model's champion, and write the predictions to gold.MODEL_predictions."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.lake import Lake
from tidemill.models import load_model_settings
from tidemill.registry import Registry
from tidemill.scoring import score_table
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Score the model's table."""
    parser = job_arguments("score", __doc__)
    parser.add_argument("--model", required=True, help="a model's name: conf/models/NAME.yaml")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    settings = load_model_settings(config, request.model)
    with spark_session(config, f"score {settings.name}") as spark:
        champion, run = score_table(Lake(spark, config.lake_root), Registry(config), settings.name)
    return {
        "job": "score",
        "model": settings.name,
        "version": champion.version,
        "table": f"gold.{settings.name}_predictions",
        "rows_read": run.counts.read,
        "runs": [run.result()],
    }


if __name__ == "__main__":
    sys.exit(run_job(main))
