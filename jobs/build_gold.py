"""Build a gold table from silver; nothing is done where nothing changed."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.gold import build_gold
from tidemill.lake import Lake
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Build the table."""
    parser = job_arguments("build_gold", __doc__)
    parser.add_argument("--table", required=True, help="a gold table's name: lib/tidemill/gold/NAME.py")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    with spark_session(config, f"build gold.{request.table}") as spark:
        run = build_gold(Lake(spark, config.lake_root), request.table)
    return {"job": "build_gold", "table": f"gold.{request.table}", "runs": [run.result()] if run else []}


if __name__ == "__main__":
    sys.exit(run_job(main))
