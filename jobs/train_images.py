"""Train an image classifier on its silver table, on one rank or many, register it, promote it if it is better."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.lake import Lake
from tidemill.models import require_own_settings
from tidemill.models.images.backends import meet_ranks
from tidemill.models.images.producing import follow, put_image_report, train_images
from tidemill.models.images.settings import load_image_settings
from tidemill.registry import ImageRegistry
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Train the classifier."""
    parser = job_arguments("train_images", __doc__)
    parser.add_argument("--model", default="images", metavar="NAME", help="conf/models/NAME.yaml (images)")
    parser.add_argument("--restart", action="store_true", help="begin anew where a killed training left checkpoints")
    parser.add_argument(
        "--promote", action="store_true", help="make the model the champion whatever the comparison with it says"
    )
    request = parser.parse_args(arguments)
    config = parser.config(request)
    require_own_settings(config, request.model)
    settings = load_image_settings(config, request.model)
    rank = meet_ranks(settings.backend, settings.ranks)
    if rank:  # started by horovodrun: rank 0 has the lake, the registry and the report to itself
        follow(settings, tell)
        return {"job": "train_images", "model": settings.name, "rank": rank}
    with spark_session(config, f"train {settings.name}") as spark:
        lake, registry = Lake(spark, config.lake_root), ImageRegistry(config)
        trained = train_images(lake, registry, config, settings, tell, request.promote, request.restart)
    report = put_image_report(config.reports, trained, tell)
    return {"job": "train_images", "model": settings.name, **trained.result(), "report": report}


def tell(line: str) -> None:
    """One line for the person who waits."""
    sys.stderr.write(f"train_images: {line}\n")


if __name__ == "__main__":
    sys.exit(run_job(main))
