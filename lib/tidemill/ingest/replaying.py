"""Try quarantined rows again, after the contract or what they refer to was mended."""

from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.errors import RequestWrong
from tidemill.ingest.evolution import require_readable
from tidemill.ingest.judging import judged, reference_versions
from tidemill.ingest.redelivery import from_records
from tidemill.ingest.settling import Writers, settle
from tidemill.ingest.silver import write_silver
from tidemill.lake import Lake, Ledger, RecordedRun, Run, held
from tidemill.lake.ledger import finishing
from tidemill.quality import require_sql, rules_of, telling_sql
from tidemill.session import repeated

JOB = "replay_quarantine"
OPEN = "_replayed_at is null"
# What a row keeps of its first refusal.
CARRIED = ("_run_id", "_quarantined_at", "_first_failures", "_first_record")


class NotReplayed(RequestWrong):
    """The contract's way of writing leaves no place for single rows, or quarantine has not all of a record."""

    def __init__(self, dataset: str, reason: str) -> None:
        super().__init__(
            f"{dataset}: {reason}. Rebuild silver under the mended contract: "
            f"ingest.py --dataset {dataset} --from bronze"
        )


def replay(spark: SparkSession, lake: Lake, contract: Contract, wait: bool = True) -> RecordedRun | None:
    """Take the open rows of quarantine through cleansing and checks again.

    Rows that pass go to silver, once, as if they came now, and are closed (`_replayed_at`) with the reasons for which
    they were refused. Rows that fail stay open, with fresh reasons. Checks on a delivery as a whole are not made,
    as these rows are no delivery.

    Args:
        spark: the session.
        lake: where the dataset is.
        contract: as it is now.
        wait: whether to wait for another run of the dataset.

    Returns:
        The run; None where no row is open.

    Raises:
        NotReplayed: the contract says `write: replace`, or is of images.
        RunFailed: as for `ingest_batch`.
    """
    require_sql(spark, contract)
    if contract.write == "replace":
        raise NotReplayed(
            contract.name, "'write: replace' takes each delivery whole, so single rows cannot be added to it"
        )
    if contract.images:
        raise NotReplayed(contract.name, "quarantine has no image's bytes, which bronze alone keeps")
    with held(lake.root, contract.name, JOB, wait):
        return repeated(lambda: _replayed(lake, contract), lake.root)


def _replayed(lake: Lake, contract: Contract) -> RecordedRun | None:
    ledger = Ledger(lake)
    run = _begun(lake, ledger.last(JOB, contract.name)) or _planned(lake, ledger, contract)
    if run is None:
        return None
    with finishing(ledger, run) as recorded, telling_sql(contract):
        _load(lake, ledger, recorded, Contract.model_validate(run.plan["contract"]))
    return recorded


def _begun(lake: Lake, last: Run | None) -> Run | None:
    """The last replay, where it was killed after it had written something: it goes on as it was planned."""
    if last is None or last.event == "committed":
        return None
    written = (lake.committed(f"{layer}.{last.dataset}", last.mark) for layer in ("silver", "quarantine"))
    return last if any(written) else None


def _planned(lake: Lake, ledger: Ledger, contract: Contract) -> Run | None:
    require_readable(lake, ledger, contract)
    name = f"quarantine.{contract.name}"
    if not lake.exists(name) or lake.read(name).where(OPEN).isEmpty():
        return None
    plan = {
        "contract": contract.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "fingerprint": contract.fingerprint,
        "silver_version": lake.version(f"silver.{contract.name}"),
        "quarantine_version": lake.version(name),
        "references": reference_versions(lake, contract),
        "at": datetime.now(UTC).isoformat(),
    }
    return ledger.plan(JOB, contract.name, plan, ledger.last(JOB, contract.name), contract.version)


def _load(lake: Lake, ledger: Ledger, recorded: RecordedRun, contract: Contract) -> None:
    plan = recorded.run.plan
    name = f"quarantine.{contract.name}"
    silver_version = plan["silver_version"]
    silver = None if silver_version is None else lake.read(f"silver.{contract.name}", silver_version)
    rules = rules_of(contract)
    delivered = from_records(_open_rows(lake.read(name, plan["quarantine_version"]), plan), contract)

    write = Writers(
        silver=lambda rows: write_silver(lake, recorded, contract, rows, silver, ()),
        quarantine=lambda rows: lake.rewrite(name, _closed(rows), recorded.mark, OPEN),
    )
    rows = judged(lake, contract, delivered, silver, plan["references"], carried=CARRIED)
    settle(lake, ledger, recorded, contract.of_rows, rules, rows, write)


def _open_rows(quarantine: DataFrame, plan: dict[str, Any] | Any) -> DataFrame:
    return quarantine.where(OPEN).select(
        *("_run_id", "_source", "_position", "_record", "_quarantined_at"),
        F.col("_failures").alias("_first_failures"),
        F.col("_record").alias("_first_record"),
        F.lit(plan["at"]).cast("timestamp").alias("_ingested_at"),
    )


def _closed(rows: DataFrame) -> DataFrame:
    """Quarantine's rows as the replay leaves them."""
    fails = F.col("_status") == "quarantined"
    return rows.select(
        *("_run_id", "_source", "_position"),
        F.when(fails, F.col("_failures")).otherwise(F.col("_first_failures")).alias("_failures"),
        F.col("_first_record").alias("_record"),
        "_quarantined_at",
        F.when(~fails, F.current_timestamp()).alias("_replayed_at"),
    )
