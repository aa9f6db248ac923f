"""Publish a gold table to a database, in one transaction; nothing is done where this version is there already."""

import sys
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.lake import Lake
from tidemill.publish import publish_table
from tidemill.session import spark_session


def main(arguments: list[str]) -> dict[str, Any]:
    """Publish the table."""
    parser = job_arguments("publish", __doc__)
    parser.add_argument("--table", required=True, help="a gold table: gold.NAME or NAME")
    parser.add_argument("--to", help="the table's name in the database (NAME)")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    with spark_session(config, f"publish {request.table}") as spark:
        published = publish_table(Lake(spark, config.lake_root), config.publish, request.table, request.to)
    entry = published.record
    if published.run is None:
        sys.stderr.write(f"publish: {entry.source} version {entry.version} is published already; nothing to do.\n")
    return {
        "job": "publish",
        "table": entry.source,
        "version": entry.version,
        "database": published.database,
        "to": entry.table_name,
        "rows": entry.rows_published,
        "runs": [{**published.run.result(), "rows_deleted": entry.rows_deleted}] if published.run else [],
    }


if __name__ == "__main__":
    sys.exit(run_job(main))
