"""tidemill check-config: is the configuration right, and are the contracts, before any job runs."""

from typing import Annotated

import typer

from tidemill.cli.contracts import contracts_of
from tidemill.config import load_config
from tidemill.quality import require_sql
from tidemill.session import spark_session


def check_config(
    datasets: Annotated[list[str] | None, typer.Argument(help="contracts to check; all where none is named")] = None,
    environment: Annotated[str, typer.Option("--env", help="conf/ENV.yaml over conf/base.yaml")] = "local",
    sql: Annotated[bool, typer.Option(help="let Spark analyse the SQL of checks, which takes some seconds")] = True,
) -> None:
    """Check the configuration and the contracts; no data are read."""
    config = load_config(environment)
    contracts, wrong = contracts_of(config, datasets)
    if sql and any(contract.checks for contract in contracts):
        with spark_session(config, "check-config") as spark:
            for contract in contracts:
                require_sql(spark, contract)
    for contract in contracts:
        typer.echo(f"{contract.name}: ok, version {contract.version}, {len(contract.columns)} columns, {contract.mode}")
    if wrong:
        raise typer.Exit(2)
