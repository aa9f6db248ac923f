"""Settle a run: count what became of its rows, hold its checks, write its tables, and record all of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.refusals import FailedCheck
from tidemill.ingest.staging import STATUSES
from tidemill.lake import Counts, Lake, Ledger, RecordedRun
from tidemill.quality import Rule, failure_counts


def settle(
    lake: Lake,
    ledger: Ledger,
    recorded: RecordedRun,
    contract: Contract,
    rules: list[Rule],
    rows: DataFrame,
    write: Callable[[DataFrame], None],
) -> None:
    """Carry staged rows to their tables.

    Args:
        lake: where they go.
        ledger: of that lake.
        recorded: the run, whose counts and table versions are filled in here.
        contract: of the rows.
        rules: `rules_of(contract)`.
        rows: from `ingest.staging.staged`; computed once.
        write: writes silver and quarantine from the rows.

    Raises:
        FailedCheck: a check that must hold does not; nothing was written.
    """
    with _kept(rows) as kept:
        figures = figures_of(kept, rules)
        recorded.counts = counts_of(figures)
        table_figures = _table_checks(kept, contract)
        failed = {rule.name: int(figures[rule.name]) for rule in rules}
        _require(contract, rules, failed, table_figures)
        write(kept)
    names = [f"{layer}.{contract.name}" for layer in ("bronze", "silver", "quarantine")]
    recorded.table_versions = {name: version for name in names if (version := lake.version(name)) is not None}
    ledger.checks(recorded.run, recorded.counts.read, {**failed, **table_figures})


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Checked rows, once computed; no more than one run's, on disk where memory is short."""
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def figures_of(rows: DataFrame, rules: list[Rule]) -> Row:
    """One row: how many rows there are, how many of each status, and how many failed each rule."""
    by_status = [F.count(F.when(F.col("_status") == status, True)).alias(f"_{status}") for status in STATUSES]
    by_rule = [count.alias(name) for name, count in failure_counts(rules).items()]
    figures = rows.agg(F.count("*").alias("_read"), *by_status, *by_rule).first()  # one row
    assert figures is not None  # noqa: S101 - an aggregate without groups has one row
    return figures


def counts_of(figures: Row) -> Counts:
    """The counts of a run from its figures."""
    return Counts(read=figures["_read"], **{status: figures[f"_{status}"] for status in STATUSES})


def _table_checks(rows: DataFrame, contract: Contract) -> dict[str, int]:
    """For each table check 1 where it failed, else 0, over the accepted rows; null, as in SQL CHECK, holds."""
    if not contract.table_checks:
        return {}
    held = [F.coalesce(F.expr(check.table), F.lit(True)).alias(check.name) for check in contract.table_checks]
    row = rows.where("_status = 'accepted'").agg(*held).first()  # one row
    return {check.name: int(row is not None and not row[check.name]) for check in contract.table_checks}


def _require(contract: Contract, rules: list[Rule], failed: Mapping[str, int], tables: Mapping[str, int]) -> None:
    for rule in rules:
        if rule.on_fail == "fail" and failed[rule.name]:
            raise FailedCheck(contract.name, rule.name, f"{failed[rule.name]} rows; expected {rule.expected}")
    for check in contract.table_checks:
        if check.on_fail == "fail" and tables[check.name]:
            raise FailedCheck(contract.name, check.name, check.table)
