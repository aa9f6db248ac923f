"""Carry one run through bronze, silver, quarantine and the ledger, each in one repeatable commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.deletions import finds_deletions, parted, with_tombstones
from tidemill.ingest.images import judged_images, write_images
from tidemill.ingest.judging import judged
from tidemill.ingest.plan import Plan
from tidemill.ingest.refusals import MissingColumn
from tidemill.ingest.settling import Writers, settle
from tidemill.ingest.silver import write_silver
from tidemill.lake import Lake, Ledger, RecordedRun, Run
from tidemill.lake.ledger import finishing
from tidemill.quality import beside_contract, rules_of, telling_sql
from tidemill.session import progress
from tidemill.sources import Source
from tidemill.sources.jdbc import JdbcSource


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
    replaced = plan.taken.replaced
    with finishing(ledger, run) as recorded, progress(lake.spark, "bronze") as part, telling_sql(contract):
        recorded.bytes_read = plan.taken.size
        recorded.notes = plan.taken.notes
        silver = None if plan.silver_version is None else lake.read(f"silver.{contract.name}", plan.silver_version)
        if not in_bronze:
            _write_bronze(lake, recorded, contract, _delivered(source, plan, silver))
        if plan.taken.lacks:
            raise MissingColumn(contract.name, plan.taken.lacks)
        own = lake.read(f"bronze.{contract.name}").where(F.col("_run_id") == run.id)
        if plan.taken.unlisted:
            recorded.notes = (*recorded.notes, *beside_contract(own))

        def to_quarantine(rows: DataFrame) -> None:
            part("quarantine")
            lake.append(f"quarantine.{contract.name}", refused_rows(rows, run.id), recorded.mark, replaced)

        with _judged(lake, recorded, plan, own, silver) as (rows, write):

            def to_silver(kept: DataFrame) -> None:
                part("silver")
                write(kept)

            part("checks")
            settle(lake, ledger, recorded, contract, rules_of(contract), rows, Writers(to_silver, to_quarantine))
        source.record(plan.taken, run.mark)
    source.release(plan.taken)
    return recorded


@contextmanager
def _judged(
    lake: Lake, recorded: RecordedRun, plan: Plan, own: DataFrame, silver: DataFrame | None
) -> Iterator[tuple[DataFrame, Callable[[DataFrame], None]]]:
    """What becomes of the run's records, and what writes those of them that are accepted to silver."""
    contract, replaced = plan.contract, plan.taken.replaced
    if contract.images:
        with judged_images(lake, contract, own, silver, replaced) as images:
            yield images.rows, lambda rows: write_images(lake, contract, recorded.mark, images, rows, replaced)
        return
    bronze, gone = parted(own, contract)
    rows = judged(lake, contract, bronze, silver, plan.references, replaced)
    yield rows, lambda rows: write_silver(lake, recorded, contract, rows, silver, replaced, gone)


def _delivered(source: Source, plan: Plan, silver: DataFrame | None) -> DataFrame:
    rows = source.rows(plan.taken)
    if isinstance(source, JdbcSource) and finds_deletions(plan.contract):
        return with_tombstones(rows, source.keys(plan.taken), silver, plan.contract)
    return rows


def _write_bronze(lake: Lake, recorded: RecordedRun, contract: Contract, delivered: DataFrame) -> None:
    at = F.current_timestamp()
    rows = delivered.withColumns({"_run_id": F.lit(recorded.id), "_ingested_at": at})
    # Runs are found by these two, however wide the table is.
    lake.append(f"bronze.{contract.name}", rows, recorded.mark, statistics=("_run_id", "_source"))


def refused_rows(staged_rows: DataFrame, run_id: str) -> DataFrame:
    """The refused rows as quarantine has them."""
    return staged_rows.where("_status = 'quarantined'").select(
        F.lit(run_id).alias("_run_id"),
        *["_source", "_position", "_failures", "_record"],
        F.current_timestamp().alias("_quarantined_at"),
        F.lit(None).cast("timestamp").alias("_replayed_at"),
    )
