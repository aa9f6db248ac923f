"""tidemill check-config: is the configuration right, and are the contracts, before any job runs."""

from typing import Annotated

import typer
from pyspark.sql import SparkSession

from tidemill.cli.contracts import contracts_of
from tidemill.cli.shown import tell_error
from tidemill.config import Config, load_config
from tidemill.contract import Contract
from tidemill.errors import RequestWrong
from tidemill.quality import require_sql
from tidemill.session import spark_session


def check_config(
    datasets: Annotated[list[str] | None, typer.Argument(help="contracts to check; all where none is named")] = None,
    environment: Annotated[str, typer.Option("--env", help="conf/ENV.yaml over conf/base.yaml")] = "local",
    sql: Annotated[bool, typer.Option(help="let Spark analyse the SQL of checks, which takes some seconds")] = True,
) -> None:
    """Check the configuration, the contracts and, where none is named, the models' files; no data are read."""
    config = load_config(environment)
    contracts, wrong = contracts_of(config, datasets)
    if sql and any(contract.checks for contract in contracts):
        with spark_session(config, "check-config") as spark:
            read = len(contracts)
            contracts = [contract for contract in contracts if _sql_is_right(spark, contract)]
            wrong += read - len(contracts)
    for contract in contracts:
        typer.echo(f"{contract.name}: ok, version {contract.version}, {len(contract.columns)} columns, {contract.mode}")
    if wrong + (0 if datasets else _wrong_models(config)):
        raise typer.Exit(2)


def _wrong_models(config: Config) -> int:
    """Check every model's file: how many are wrong."""
    # Seconds, for this command alone.
    from tidemill.models import known_models, load_model_settings

    wrong = 0
    for name in known_models(config):
        try:
            settings = load_model_settings(config, name)
        except RequestWrong as error:
            tell_error(error)
            wrong += 1
        else:
            typer.echo(
                f"model {name}: ok, {len(settings.candidates)} algorithms, {settings.task} from {settings.table}"
            )
    return wrong


def _sql_is_right(spark: SparkSession, contract: Contract) -> bool:
    try:
        require_sql(spark, contract)
    except RequestWrong as error:
        tell_error(error)
        return False
    return True
