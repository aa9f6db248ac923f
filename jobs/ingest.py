"""Bring one batch dataset from its source into bronze, silver and quarantine."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.contract import load_contract
from tidemill.ingest import ingest_batch
from tidemill.lake import Lake
from tidemill.monitoring import watched
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Take every waiting file of the dataset."""
    parser = job_arguments("ingest", __doc__)
    parser.add_argument("--dataset", required=True, help="a contract's name: conf/datasets/NAME.yaml")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    contract = load_contract(config, request.dataset, mode="batch")
    with watched(config, contract, "ingest") as watch:
        with spark_session(config, f"ingest {contract.name}") as spark:
            runs = ingest_batch(spark, Lake(spark, config.lake_root), contract)
        watch.ended(runs)
    return {"job": "ingest", "dataset": contract.name, "runs": [run.result() for run in runs]}


if __name__ == "__main__":
    sys.exit(run_job(main))
