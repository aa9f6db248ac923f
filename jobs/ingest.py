"""Bring one batch dataset from its source into bronze, silver and quarantine."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.contract import load_contract
from tidemill.ingest import ingest_batch, nothing_waits, rebuild, try_out
from tidemill.lake import Lake
from tidemill.monitoring import watched
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Take what waits at the dataset's source, or rebuild silver from bronze."""
    parser = job_arguments("ingest", __doc__)
    parser.add_argument("--dataset", required=True, help="a contract's name: conf/datasets/NAME.yaml")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--dry-run", action="store_true", help="show counts and sample reasons; write no table")
    way.add_argument(
        "--from", dest="origin", choices=["bronze"], help="rebuild silver and quarantine from bronze and swap them in"
    )
    parser.add_argument("--full", action="store_true", help="read the source from its beginning, taken or not")
    parser.add_argument("--no-wait", dest="wait", action="store_false", help="end where another run holds the dataset")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    contract = load_contract(config, request.dataset, mode=None if request.origin else "batch")
    told: dict[str, Any] = {"job": "ingest", "dataset": contract.name}
    name = f"ingest {contract.name}"
    if request.dry_run:
        with spark_session(config, name) as spark:
            trial = try_out(spark, Lake(spark, config.lake_root), contract, config.spool, request.full)
        return {**told, "dry_run": True, **(trial.result() if trial else {"rows_read": 0})}
    with watched(config, contract, "ingest") as watch:
        if not request.origin and not request.full and nothing_waits(config, contract):
            watch.ended([])
            return {**told, "runs": []}
        with spark_session(config, name) as spark:
            lake = Lake(spark, config.lake_root)
            if request.origin:
                runs = [rebuild(spark, lake, contract, request.wait)]
            else:
                runs = ingest_batch(spark, lake, contract, config.spool, request.full, request.wait)
        watch.ended(runs)
    return {**told, "runs": [run.result() for run in runs]}


if __name__ == "__main__":
    sys.exit(run_job(main))
