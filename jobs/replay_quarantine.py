"""Try a dataset's quarantined rows again, after its contract or what it refers to was mended."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.contract import load_contract
from tidemill.ingest import replay
from tidemill.lake import Lake
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Move the rows that pass now to silver; the others stay, with fresh reasons."""
    parser = job_arguments("replay_quarantine", __doc__)
    parser.add_argument("--dataset", required=True, help="a contract's name: conf/datasets/NAME.yaml")
    parser.add_argument("--no-wait", dest="wait", action="store_false", help="end where another run holds the dataset")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    contract = load_contract(config, request.dataset)
    with spark_session(config, f"replay {contract.name}") as spark:
        run = replay(spark, Lake(spark, config.lake_root), contract, request.wait)
    return {"job": "replay_quarantine", "dataset": contract.name, "runs": [run.result()] if run else []}


if __name__ == "__main__":
    sys.exit(run_job(main))
