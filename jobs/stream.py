"""Bring stream datasets into bronze, silver and quarantine, continuously or, with --once, what is there now."""

import sys
from contextlib import ExitStack
from threading import Event
from typing import Any

from tidemill.config import job_arguments, run_job
from tidemill.contract import load_contract
from tidemill.monitoring import watched
from tidemill.session import on_sigterm, spark_session
from tidemill.streams import stream_all


def main(arguments: list[str]) -> dict[str, Any]:
    """Take what the datasets' sources bring until it is all taken, or until SIGTERM."""
    parser = job_arguments("stream", __doc__)
    parser.add_argument(
        "--dataset", required=True, action="append", help="a contract's name: conf/datasets/NAME.yaml; may be repeated"
    )
    parser.add_argument("--once", action="store_true", help="take what is there now and end, as for a scheduler")
    parser.add_argument("--restart", action="store_true", help="read a topic again from its beginning")
    request = parser.parse_args(arguments)
    config = parser.config(request)
    contracts = [load_contract(config, name, mode="stream") for name in dict.fromkeys(request.dataset)]
    stopping = Event()
    with ExitStack() as watching:
        watches = {each.name: watching.enter_context(watched(config, each, "stream")) for each in contracts}
        with spark_session(config, f"stream {' '.join(watches)}") as spark:
            on_sigterm(spark, stopping.set)
            heard = {name: watch.ended for name, watch in watches.items()}
            runs = stream_all(spark, config, contracts, stopping, heard, request.once, request.restart)
        for watch in watches.values():
            watch.ended([])
    return {"job": "stream", "datasets": list(watches), "runs": [run.result() for run in runs]}


if __name__ == "__main__":
    sys.exit(run_job(main))
