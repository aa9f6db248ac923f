"""Write the accepted rows of a run to silver, in the way that the contract names."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.history import first_history, history
from tidemill.ingest.refusals import EmptyDelivery
from tidemill.ingest.staging import gone_rows
from tidemill.lake import Lake, RecordedRun


def write_silver(
    lake: Lake,
    recorded: RecordedRun,
    contract: Contract,
    staged: DataFrame,
    silver: DataFrame | None,
    replaced: Sequence[str],
    deleted: DataFrame | None = None,
) -> None:
    """Bring a run's accepted rows into silver, in one commit.

    Args:
        lake: where silver is.
        recorded: the run, with its counts.
        contract: of the rows.
        staged: from `ingest.staging.staged`.
        silver: the version that the rows were compared with; None where there was none.
        replaced: sources whose earlier rows give way.
        deleted: keys of rows that the source no longer has; None where none are looked for.

    Raises:
        EmptyDelivery: no row is accepted, and silver is to be replaced.
    """
    name = f"silver.{contract.name}"
    rows = accepted_rows(staged, contract, recorded.id)
    layout = contract.layout
    if contract.write == "replace":
        if not recorded.counts.accepted:
            raise EmptyDelivery(contract.name, recorded.counts.read)
        lake.replace(name, _sorted(rows, layout.sort_by), recorded.mark, layout.partition_by)
        return
    if contract.write == "append" or silver is None:
        rows = first_history(rows, contract) if contract.write == "scd2" else rows
        lake.append(name, _sorted(rows, layout.sort_by), recorded.mark, replaced, partition_by=layout.partition_by)
        return
    if not recorded.counts.accepted and not replaced and deleted is None:
        return
    gone = gone_rows(silver, staged, contract, replaced) if replaced else None
    if deleted is not None:
        # What was delivered a moment before its key was looked for goes with the next run.
        delivered = staged.where("not _refused").select(*contract.key)
        gone = deleted.join(delivered, list(contract.key), "left_anti")
    if contract.write == "scd2":
        given = history(silver, rows, gone, contract)
    elif gone is not None:
        given = with_gone(rows, gone.select(*contract.key))
    else:
        given = rows
    deleting = "_gone" if gone is not None or contract.write == "scd2" else ""
    lake.upsert(name, _sorted(given, layout.sort_by), contract.identity, recorded.mark, deleting)


def accepted_rows(staged: DataFrame, contract: Contract, run_id: str) -> DataFrame:
    """The accepted rows as silver has them: the contract's columns, _warnings, _source, _run_id and _loaded_at."""
    columns = [F.col(f"`{column}`") for column in contract.columns]
    stamp = [F.lit(run_id).alias("_run_id"), F.current_timestamp().alias("_loaded_at")]
    return staged.where("_status = 'accepted'").select(*columns, "_warnings", "_source", *stamp)


def with_gone(rows: DataFrame, gone: DataFrame) -> DataFrame:
    """Rows to write and rows to delete in one frame, told apart by _gone boolean."""
    deleted = gone.withColumn("_gone", F.lit(True))
    return rows.withColumn("_gone", F.lit(False)).unionByName(deleted, allowMissingColumns=True)


def _sorted(rows: DataFrame, columns: Sequence[str]) -> DataFrame:
    return rows.sortWithinPartitions(*columns) if columns else rows
