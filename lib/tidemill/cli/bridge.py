"""`tidemill bridge`: collect a dataset from its MQTT broker, until told to stop."""

import signal
from threading import Event
from typing import Annotated

import typer

from tidemill.cli.options import Environment, Home, Overrides
from tidemill.config import configure_logging, load_config


def bridge(
    dataset: Annotated[str, typer.Option("--dataset", help="A dataset whose source is of kind mqtt.")],
    environment: Environment = "local",
    home: Home = None,
    overrides: Overrides = None,
) -> None:
    """Collect from an MQTT broker into the spool, or Kafka, until SIGTERM or Ctrl-C; nothing taken is lost."""
    from tidemill.contract import load_contract
    from tidemill.sources.mqtt import run_bridge

    config = load_config(environment, home, overrides or ())
    # It runs for months: connections and progress are to be seen without asking for them.
    configure_logging("info" if config.log_level == "warning" else config.log_level)
    contract = load_contract(config, dataset)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run_bridge(contract, config.spool, stopping, own=str(config.conf_dir.parent / ".tidemill" / "spool"))
