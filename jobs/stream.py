"""Bring stream datasets into bronze, silver and quarantine, continuously or, with --once, what is there now."""

import sys
from threading import Event
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.contract import load_contract
from tidemill.lake import Lake
from tidemill.monitoring import watched
from tidemill.session import on_sigterm, spark_session
from tidemill.streams import stream_files


def main(arguments: list[str]) -> dict[str, Any]:
    """Load the dataset's files until they are all taken, or until SIGTERM."""
    parser = job_arguments("stream", __doc__)
    parser.add_argument("--dataset", required=True, help="a contract's name: conf/datasets/NAME.yaml")
    parser.add_argument("--once", action="store_true", help="take what is there now and end, as for a scheduler")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    contract = load_contract(config, request.dataset, mode="stream")
    stopping = Event()
    with watched(config, contract, "stream") as watch:
        with spark_session(config, f"stream {contract.name}") as spark:
            on_sigterm(spark, stopping.set)
            lake, checkpoint = Lake(spark, config.lake_root), f"{config.checkpoints}/{contract.name}"
            runs = stream_files(spark, lake, contract, checkpoint, request.once, stopping, watch.ended)
        watch.ended([])
    return {"job": "stream", "dataset": contract.name, "runs": [run.result() for run in runs]}


if __name__ == "__main__":
    sys.exit(run_job(main))
