"""Build a gold table from the versions of its inputs that stand now, and record which they were."""

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol, cast

from pyspark.sql import DataFrame

import tidemill.gold
from tidemill.errors import RequestWrong, suggestion
from tidemill.lake import Counts, Lake, Ledger, RecordedRun
from tidemill.lake.ledger import finishing, has_plan

JOB = "build_gold"


class GoldModule(Protocol):
    """What a module of a gold table says of itself."""

    NAME: str
    READS: tuple[str, ...]
    KEY: tuple[str, ...]

    def build(self, inputs: Mapping[str, DataFrame]) -> DataFrame:
        """The table's rows, from the tables it reads by name."""


class UnknownGoldTable(RequestWrong):
    """No module makes this gold table."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"there is no gold table '{name}'. {suggestion(name, known)} "
            "A gold table is a module lib/tidemill/gold/NAME.py."
        )


class MissingInput(RequestWrong):
    """A table that a gold table is made from does not exist yet."""

    def __init__(self, name: str, missing: str) -> None:
        dataset = missing.split(".")[1]
        super().__init__(
            f"gold.{name} is made from {missing}, which does not exist yet. Load it first: "
            f"spark-submit jobs/ingest.py --dataset {dataset} (stream.py for a stream)."
        )


def gold_modules() -> dict[str, GoldModule]:
    """Every gold table's module by its name."""
    names = sorted(found.name for found in iter_modules(tidemill.gold.__path__) if found.name != "building")
    modules = [cast(GoldModule, import_module(f"tidemill.gold.{name}")) for name in names]
    return {module.NAME: module for module in modules}


def build_gold(lake: Lake, name: str) -> RecordedRun | None:
    """Make a gold table anew; None where neither its inputs nor its module changed since the last time.

    Its run counts the rows that it made: they are its rows read and accepted.

    Raises:
        UnknownGoldTable: no module has this name.
        MissingInput: a table that it reads does not exist.
    """
    modules = gold_modules()
    if name not in modules:
        raise UnknownGoldTable(name, list(modules))
    module = modules[name]
    inputs = {table: _version(lake, name, table) for table in module.READS}
    plan = {"inputs": inputs, "module": _fingerprint(module)}
    ledger = Ledger(lake)
    last = ledger.last(JOB, name)
    table = f"gold.{name}"
    if last is not None and last.event == "committed" and has_plan(last, plan) and lake.exists(table):
        return None
    run = ledger.plan(JOB, name, plan, last, again=has_plan(last, plan))
    with finishing(ledger, run) as recorded:
        rows = module.build({source: lake.read(source, version) for source, version in inputs.items()})
        lake.replace(table, rows, recorded.mark)
        written = lake.read(table).count()
        recorded.counts = Counts(read=written, accepted=written)
        recorded.table_versions = {**inputs, table: cast(int, lake.version(table))}
    return recorded


def _version(lake: Lake, name: str, table: str) -> int:
    version = lake.version(table)
    if version is None:
        raise MissingInput(name, table)
    return version


def _fingerprint(module: GoldModule) -> str:
    return hashlib.sha256(inspect.getsource(cast(ModuleType, module)).encode()).hexdigest()[:16]
