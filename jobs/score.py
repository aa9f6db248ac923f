"""Predict with a model's champion, say why, and write it to gold.MODEL_predictions: a whole table, or its changes."""

import argparse
import sys
from threading import Event
from typing import Any

from tidemill.config import Config, job_arguments, run_job
from tidemill.lake import Lake
from tidemill.models import IMAGE_CLASSES, load_model_settings, require_own_settings, task_of
from tidemill.registry import ImageRegistry, Registry
from tidemill.scoring import Following, Reasons, personal_columns, predictions_of, score_table
from tidemill.session import on_sigterm, spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Score the model's table."""
    parser = job_arguments("score", __doc__)
    parser.add_argument("--model", required=True, help="a model's name: conf/models/NAME.yaml")
    parser.add_argument("--table", metavar="LAYER.NAME", help="another table with the same columns (the model's own)")
    parser.add_argument("--reasons", type=_count, default=3, metavar="N", help="how many are told of a row (3)")
    parser.add_argument("--stream", action="store_true", help="follow the table until SIGTERM: what is new or changed")
    parser.add_argument("--once", action="store_true", help="with --stream: what changed since the last time, and end")
    request = parser.parse_args(arguments)
    if request.once and not request.stream:
        parser.error("--once goes with --stream")
    config = parser.config(request)
    require_own_settings(config, request.model)
    if task_of(config, request.model) == IMAGE_CLASSES:
        if request.stream:
            parser.error("--stream is for models of gold tables; images are answered as a whole table")
        return _of_images(config, request.model, request.table)
    settings = load_model_settings(config, request.model)
    table, name = request.table or settings.table, settings.name
    personal = personal_columns(config, table) | personal_columns(config, settings.table)
    reasons, stopping = Reasons(request.reasons, personal), Event()
    told: dict[str, Any] = {"job": "score", "model": name, "table": predictions_of(name)}
    with spark_session(config, f"score {name}") as spark:
        lake, registry = Lake(spark, config.lake_root), Registry(config)
        if request.stream:
            on_sigterm(spark, stopping.set)
            runs = Following(lake, registry, name, reasons, request.table).follow(request.once, stopping)
        else:
            champion, run = score_table(lake, registry, name, reasons, request.table)
            told["version"], runs = champion.version, [run]
    return {**told, "rows_read": sum(run.counts.read for run in runs), "runs": [run.result() for run in runs]}


def _of_images(config: Config, name: str, table: str | None) -> dict[str, Any]:
    # Torch is loaded where images are scored alone.
    from tidemill.scoring.images import score_images  # noqa: PLC0415

    with spark_session(config, f"score {name}") as spark:
        champion, run = score_images(Lake(spark, config.lake_root), ImageRegistry(config), name, table)
    told = {"job": "score", "model": name, "table": predictions_of(name), "version": champion.version}
    return {**told, "rows_read": run.counts.read, "runs": [run.result()]}


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(run_job(main))
