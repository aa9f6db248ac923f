"""Settle a run: count what became of its rows, hold its checks, write its tables, and record all of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.refusals import FailedCheck
from tidemill.ingest.staging import STATUSES
from tidemill.lake import Counts, Lake, Ledger, RecordedRun
from tidemill.quality import Rule, change_counts, failure_counts

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Writers:
    """How a run's rows reach their tables; each takes staged rows and makes one commit."""

    silver: Callable[[DataFrame], None]
    quarantine: Callable[[DataFrame], None]


def settle(
    lake: Lake,
    ledger: Ledger,
    recorded: RecordedRun,
    contract: Contract,
    rules: list[Rule],
    rows: DataFrame,
    write: Writers,
) -> None:
    """Carry staged rows to their tables.

    Args:
        lake: where they go.
        ledger: of that lake.
        recorded: the run, whose counts and table versions are filled in here.
        contract: of the rows.
        rules: `rules_of(contract)`.
        rows: from `ingest.staging.staged`.
        write: to silver and quarantine.

    Raises:
        FailedCheck: a check that must hold does not; nothing was written.
    """
    with _kept(rows) as kept:
        figures = figures_of(kept, contract, rules)
        recorded.counts = counts_of(figures)
        table_figures = _table_checks(kept, contract)
        _require(contract, rules, figures, table_figures)
        write.silver(kept)
        write.quarantine(kept)
    names = [f"{layer}.{contract.name}" for layer in ("bronze", "silver", "quarantine")]
    recorded.table_versions = {name: version for name in names if (version := lake.version(name)) is not None}
    failed = {rule.name: int(figures[rule.name]) for rule in rules}
    recorded.cleansed = {name: int(figures[name]) for name in change_counts(contract) if figures[name]}
    ledger.checks(recorded.run, recorded.counts.read, {**failed, **table_figures})


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Checked rows, once computed; no more than one run's, on disk where memory is short."""
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _by_status() -> list[Column]:
    counts = [F.count(F.when(F.col("_status") == status, True)).alias(f"_{status}") for status in STATUSES]
    return [F.count(F.lit(1)).alias("_read"), *counts]


def figures_of(rows: DataFrame, contract: Contract, rules: list[Rule]) -> Figures:
    """How many rows there are, of each status, that failed each rule, and values that each cleansing step changed."""
    counts = failure_counts(rules) | change_counts(contract)
    by_rule = [count.alias(name) for name, count in counts.items()]
    figures = rows.agg(*_by_status(), *by_rule).first()  # one row
    assert figures is not None  # noqa: S101 - an aggregate without groups has one row
    return figures.asDict()


def counts_of(figures: Figures) -> Counts:
    """The counts of a run from its figures."""
    return Counts(read=figures["_read"], **{status: figures[f"_{status}"] for status in STATUSES})


def _table_checks(rows: DataFrame, contract: Contract) -> dict[str, int]:
    """For each table check 1 where it failed, else 0, over the accepted rows; null, as in SQL CHECK, holds."""
    if not contract.table_checks:
        return {}
    held = [F.coalesce(F.expr(check.table), F.lit(True)).alias(check.name) for check in contract.table_checks]
    row = rows.where("_status = 'accepted'").agg(*held).first()  # one row
    return {check.name: int(row is not None and not row[check.name]) for check in contract.table_checks}


def _require(contract: Contract, rules: list[Rule], failed: Figures, tables: Mapping[str, int]) -> None:
    for rule in rules:
        if rule.on_fail == "fail" and failed[rule.name]:
            raise FailedCheck(contract.name, rule.name, f"{failed[rule.name]} rows; expected {rule.expected}")
    for check in contract.table_checks:
        if check.on_fail == "fail" and tables[check.name]:
            raise FailedCheck(contract.name, check.name, f"{check.table}; {failed['_accepted']} rows were accepted")
