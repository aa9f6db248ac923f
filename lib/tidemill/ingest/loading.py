"""Carry one run through bronze, silver, quarantine and the ledger, each in one repeatable commit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.plan import Plan
from tidemill.ingest.refusals import FailedCheck, MissingColumn
from tidemill.ingest.silver import write_silver
from tidemill.ingest.staging import STATUSES, staged
from tidemill.lake import Counts, Lake, Ledger, RecordedRun, Run
from tidemill.lake.ledger import finishing
from tidemill.quality import Rule, checked, failure_counts, rules_of
from tidemill.sources import Source


def finish(lake: Lake, ledger: Ledger, source: Source, run: Run, plan: Plan, in_bronze: bool) -> RecordedRun:
    """Write what the plan says and record the run's end.

    Args:
        lake: where to write.
        ledger: of that lake.
        source: which has the plan's slice.
        run: the planned run.
        plan: its plan.
        in_bronze: whether bronze already has this run's rows.

    Raises:
        MissingColumn: the delivery lacks what the contract requires; bronze has it.
        FailedCheck: a check that must hold does not.
        EmptyDelivery: no row passes, and silver is to be replaced.
    """
    contract = plan.contract
    with finishing(ledger, run) as recorded:
        recorded.bytes_read = plan.taken.size
        if not in_bronze:
            _write_bronze(lake, recorded, contract, source.rows(plan.taken))
        if plan.taken.lacks:
            raise MissingColumn(contract.name, plan.taken.lacks)
        bronze = lake.read(f"bronze.{contract.name}").where(F.col("_run_id") == run.id)
        silver = None if plan.silver_version is None else lake.read(f"silver.{contract.name}", plan.silver_version)
        rules = rules_of(contract)
        rows = staged(checked(bronze, contract, rules), contract, silver, plan.taken.replaced)
        with _kept(rows) as kept:
            figures = _figures(kept, rules)
            recorded.counts = _counts(figures)
            table_figures = _table_checks(kept, contract)
            failed = {rule.name: int(figures[rule.name]) for rule in rules}
            _require(contract, rules, failed, table_figures)
            write_silver(lake, recorded, contract, kept, silver, plan.taken.replaced)
            _write_quarantine(lake, recorded, contract, kept, plan)
        lake_tables = (f"{layer}.{contract.name}" for layer in ("bronze", "silver", "quarantine"))
        recorded.table_versions = {name: version for name in lake_tables if (version := lake.version(name)) is not None}
        ledger.checks(run, recorded.counts.read, {**failed, **table_figures})
        source.record(plan.taken, run.mark)
    source.release(plan.taken)
    return recorded


def _write_bronze(lake: Lake, recorded: RecordedRun, contract: Contract, delivered: DataFrame) -> None:
    at = F.current_timestamp()
    rows = delivered.withColumns({"_run_id": F.lit(recorded.id), "_ingested_at": at})
    # Runs are found by these two, however wide the table is.
    lake.append(f"bronze.{contract.name}", rows, recorded.mark, statistics=("_run_id", "_source"))


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """The delivery's checked rows, once computed; no more than one delivery, on disk where memory is short."""
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _figures(rows: DataFrame, rules: list[Rule]) -> Row:
    by_status = [F.count(F.when(F.col("_status") == status, True)).alias(f"_{status}") for status in STATUSES]
    by_rule = [count.alias(name) for name, count in failure_counts(rules).items()]
    figures = rows.agg(F.count("*").alias("_read"), *by_status, *by_rule).first()  # one row
    assert figures is not None  # noqa: S101 - an aggregate without groups has one row
    return figures


def _counts(figures: Row) -> Counts:
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


def _write_quarantine(lake: Lake, recorded: RecordedRun, contract: Contract, rows: DataFrame, plan: Plan) -> None:
    refused = rows.where("_status = 'quarantined'").select(
        F.lit(recorded.id).alias("_run_id"),
        *["_source", "_position", "_failures", "_record"],
        F.current_timestamp().alias("_quarantined_at"),
        F.lit(None).cast("timestamp").alias("_replayed_at"),
    )
    lake.append(f"quarantine.{contract.name}", refused, recorded.mark, plan.taken.replaced)
