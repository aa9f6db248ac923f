"""Carry one run through bronze, silver, quarantine and the ledger, each in one repeatable commit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.errors import RunFailed
from tidemill.ingest.plan import Plan
from tidemill.ingest.staging import STATUSES, gone_keys, staged
from tidemill.lake import Counts, Lake, Ledger, RecordedRun, Run
from tidemill.lake.ledger import finishing
from tidemill.quality import Rule, checked, failure_counts, rules_of
from tidemill.session import progress


class FailedCheck(RunFailed):
    """A check whose on_fail is fail did not hold."""

    def __init__(self, contract: Contract, check: str, detail: str) -> None:
        super().__init__(
            f"{contract.name}: the check '{check}' failed ({detail}) and its on_fail is fail: nothing was written to "
            f"silver or quarantine. bronze.{contract.name} has the delivery; mend the files or the contract and run it "
            "again."
        )


def finish(lake: Lake, ledger: Ledger, run: Run, plan: Plan, delivered: DataFrame | None) -> RecordedRun:
    """Write what the plan says and record the run's end.

    Args:
        lake: where to write.
        ledger: of that lake.
        run: the planned run.
        plan: its plan.
        delivered: bronze's columns without the run's; None where bronze already has this run's rows.

    Raises:
        FailedCheck: a check that must hold does not.
    """
    contract = plan.contract
    with finishing(ledger, run) as recorded, progress(lake.spark, "bronze") as part:
        recorded.bytes_read = sum(file.size for file in plan.files)
        if delivered is not None:
            _write_bronze(lake, recorded, contract, delivered)
        bronze = lake.read(f"bronze.{contract.name}").where(F.col("_run_id") == run.id)
        silver = None if plan.silver_version is None else lake.read(f"silver.{contract.name}", plan.silver_version)
        rules = rules_of(contract)
        rows = staged(checked(bronze, contract, rules), contract, silver, plan.replaced)
        part("checks")
        with _kept(rows) as kept:
            figures = _figures(kept, rules)
            recorded.counts = _counts(figures)
            table_figures = _table_checks(kept, contract)
            failed = {rule.name: int(figures[rule.name]) for rule in rules}
            _require(contract, rules, failed, table_figures)
            part("silver")
            _write_silver(lake, recorded, contract, kept, silver, plan)
            part("quarantine")
            _write_quarantine(lake, recorded, contract, kept, plan)
        lake_tables = (f"{layer}.{contract.name}" for layer in ("bronze", "silver", "quarantine"))
        recorded.table_versions = {name: version for name in lake_tables if (version := lake.version(name)) is not None}
        ledger.checks(run, recorded.counts.read, {**failed, **table_figures})
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
            raise FailedCheck(contract, rule.name, f"{failed[rule.name]} rows; expected {rule.expected}")
    for check in contract.table_checks:
        if check.on_fail == "fail" and tables[check.name]:
            raise FailedCheck(contract, check.name, check.table)


def _write_silver(
    lake: Lake, recorded: RecordedRun, contract: Contract, rows: DataFrame, silver: DataFrame | None, plan: Plan
) -> None:
    name = f"silver.{contract.name}"
    columns = [F.col(f"`{column}`") for column in contract.columns]
    stamp = [F.lit(recorded.id).alias("_run_id"), F.current_timestamp().alias("_loaded_at")]
    accepted = rows.where("_status = 'accepted'").select(*columns, "_warnings", "_source", *stamp)
    if contract.layout.sort_by:
        accepted = accepted.sortWithinPartitions(*contract.layout.sort_by)
    if contract.write == "append" or silver is None:
        lake.append(name, accepted, recorded.mark, plan.replaced, partition_by=contract.layout.partition_by)
        return
    if not plan.replaced:
        if recorded.counts.accepted:
            lake.upsert(name, accepted, contract.key, recorded.mark)
        return
    gone = gone_keys(silver, rows, contract, plan.replaced).withColumn("_gone", F.lit(True))
    given = accepted.withColumn("_gone", F.lit(False)).unionByName(gone, allowMissingColumns=True)
    lake.upsert(name, given, contract.key, recorded.mark, gone="_gone")


def _write_quarantine(lake: Lake, recorded: RecordedRun, contract: Contract, rows: DataFrame, plan: Plan) -> None:
    refused = rows.where("_status = 'quarantined'").select(
        F.lit(recorded.id).alias("_run_id"),
        *["_source", "_position", "_failures", "_record"],
        F.current_timestamp().alias("_quarantined_at"),
        F.lit(None).cast("timestamp").alias("_replayed_at"),
    )
    lake.append(f"quarantine.{contract.name}", refused, recorded.mark, plan.replaced)
