"""tidemill check-config: is the configuration right, and are the contracts, before any job runs."""

from typing import Annotated

import typer
from pyspark.sql import SparkSession

from tidemill.cli.contracts import contracts_of
from tidemill.cli.shown import tell_error
from tidemill.config import Config, load_config
from tidemill.contract import Contract, UnknownDataset, known_datasets
from tidemill.errors import RequestWrong
from tidemill.quality import require_sql
from tidemill.session import spark_session


def check_config(
    datasets: Annotated[list[str] | None, typer.Argument(help="contracts to check; all where none is named")] = None,
    environment: Annotated[str, typer.Option("--env", help="conf/ENV.yaml over conf/base.yaml")] = "local",
    sql: Annotated[bool, typer.Option(help="let Spark analyse the SQL of checks, which takes some seconds")] = True,
) -> None:
    """Check the configuration, the contracts and, where none is named, rules and models; no data are read."""
    config = load_config(environment)
    contracts, wrong = contracts_of(config, datasets)
    if sql and any(contract.checks for contract in contracts):
        with spark_session(config, "check-config") as spark:
            read = len(contracts)
            contracts = [contract for contract in contracts if _sql_is_right(spark, contract)]
            wrong += read - len(contracts)
    for contract in contracts:
        what = f"images {contract.images.prepared_as}" if contract.images else f"{len(contract.columns)} columns"
        typer.echo(f"{contract.name}: ok, version {contract.version}, {what}, {contract.mode}")
    if wrong + (0 if datasets else _wrong_rules(config) + _wrong_models(config)):
        raise typer.Exit(2)


def _wrong_rules(config: Config) -> int:
    """Check every file of alert rules: how many are wrong."""
    from tidemill.alerts.rules import known_rule_files, load_rules, read_rules

    wrong, datasets = 0, dict[str, None]()
    for path in known_rule_files(config):
        try:
            file = read_rules(path)
            if file.dataset not in known_datasets(config):
                raise UnknownDataset(file.dataset, known_datasets(config))
        except RequestWrong as error:
            tell_error(f"rules {path.stem}: {error}" if isinstance(error, UnknownDataset) else error)
            wrong += 1
        else:
            datasets[file.dataset] = None
            typer.echo(f"rules {path.stem}: ok, {len(file.rules)} rules of {file.dataset}")
    for dataset in () if wrong else datasets:
        try:
            load_rules(config, dataset)
        except RequestWrong as error:
            tell_error(error)
            wrong += 1
    return wrong


def _wrong_models(config: Config) -> int:
    """Check every model's file: how many are wrong."""
    # Seconds, for this command alone.
    from tidemill.models import known_models

    wrong = 0
    for name in known_models(config):
        try:
            told = _model_in_words(config, name)
        except RequestWrong as error:
            tell_error(error)
            wrong += 1
        else:
            typer.echo(f"model {name}: ok, {told}")
    return wrong


def _model_in_words(config: Config, name: str) -> str:
    from tidemill.models import IMAGE_CLASSES, load_model_settings, task_of

    if task_of(config, name) == IMAGE_CLASSES:
        from tidemill.models.images.settings import load_image_settings

        images = load_image_settings(config, name)
        return f"{len(images.training.stages)} stages of {images.training.base}, {images.task} from {images.table}"
    settings = load_model_settings(config, name)
    return f"{len(settings.candidates)} algorithms, {settings.task} from {settings.table}"


def _sql_is_right(spark: SparkSession, contract: Contract) -> bool:
    try:
        require_sql(spark, contract)
    except RequestWrong as error:
        tell_error(error)
        return False
    return True
