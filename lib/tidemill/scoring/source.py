"""The table that a model predicts: one version of it, checked for what the model reads."""

from dataclasses import dataclass
from typing import Any

import structlog
from pyspark.sql import DataFrame

from tidemill.config import Config
from tidemill.contract import load_contract
from tidemill.features import require_columns, require_numbers
from tidemill.gold import gold_modules
from tidemill.lake import Lake, NoSuchTable
from tidemill.registry import Champion
from tidemill.scoring.predicting import typical_of
from tidemill.scoring.reasons import Reasons

JOB = "score"


@dataclass(frozen=True)
class Source:
    """One version of a table.

    Attributes:
        table: its name.
        version: which.
        rows: all its rows and columns.
    """

    table: str
    version: int
    rows: DataFrame

    def plan(self, champion: Champion, reasons: Reasons, way: str) -> dict[str, Any]:
        """What a run that predicts it is to do: everything that decides what it writes."""
        told = {"reasons": reasons.most, "masked": sorted(reasons.masked)}
        return {"way": way, "table": self.table, "version": self.version, "model_version": champion.version, **told}


def open_source(lake: Lake, champion: Champion, reasons: Reasons, table: str | None = None) -> Source:
    """The newest version of the table that is to be predicted.

    Args:
        lake: has the table.
        champion: the model that predicts it.
        reasons: what is to be told; a warning is logged where the model cannot.
        table: LAYER.NAME of another than the model's own.

    Raises:
        NoSuchTable: it does not exist.
        MissingColumns: it lacks a column that the model reads.
        NotANumber: a column that was a number in training is none.
    """
    card = champion.card
    name = table or card.table
    version = lake.version(name)
    if version is None:
        raise NoSuchTable(name, lake.root)
    rows = lake.read(name, version)
    require_columns(name, rows.columns, (*card.key, *card.reads))
    numbers = [column for column, value in typical_of(card).items() if isinstance(value, float)]
    require_numbers(name, rows.schema, numbers)
    if reasons.most and card.typical is None:
        structlog.get_logger().warning("no_reasons", model=card.name, version=champion.version, step="train it again")
    return Source(name, version, rows)


def predictions_of(name: str) -> str:
    """The table of a model's predictions."""
    return f"gold.{name}_predictions"


def personal_columns(config: Config, table: str) -> frozenset[str]:
    """The names of the columns that the contracts behind a table call personal; known by name alone.

    Args:
        config: has the folder of contracts.
        table: silver.DATASET, or a gold table that a module makes of such; of any other nothing is known.

    Raises:
        RequestWrong: a contract cannot be read.
    """
    layer, _, name = table.partition(".")
    modules = gold_modules() if layer == "gold" else {}
    read = modules[name].READS if name in modules else (table,)
    datasets = [each.removeprefix("silver.") for each in read if each.startswith("silver.")]
    contracts = [load_contract(config, dataset) for dataset in datasets]
    return frozenset(column for each in contracts if each.personal for column in each.personal.columns)
