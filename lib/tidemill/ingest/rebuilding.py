"""Rebuild silver and quarantine from bronze under the contract as it is now, and swap them in."""

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.errors import RequestWrong
from tidemill.ingest.batch import Opener
from tidemill.ingest.deletions import outlived, parted
from tidemill.ingest.history import first_history
from tidemill.ingest.images import judged_images, write_images
from tidemill.ingest.judging import judged, reference_versions
from tidemill.ingest.loading import finish, refused_rows
from tidemill.ingest.plan import Plan
from tidemill.ingest.redelivery import from_bronze
from tidemill.ingest.refusals import EmptyDelivery
from tidemill.ingest.settling import Writers, settle
from tidemill.ingest.silver import accepted_rows
from tidemill.ingest.sources import open_source
from tidemill.ingest.staging import TIES
from tidemill.lake import Lake, Ledger, RecordedRun, held, recorded_run
from tidemill.quality import require_sql, rules_of, telling_sql
from tidemill.session import repeated

JOB = "rebuild"
Layouts = Mapping[str, Mapping[str, str]]
"""Fingerprint of a contract -> its columns -> their delivered names."""


class NothingInBronze(RequestWrong):
    """No committed run of the dataset left anything to rebuild from."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"{dataset}: bronze has no committed run to rebuild from. Run ingest.py --dataset {dataset}.")


class StreamUnderWay(RequestWrong):
    """The stream's newest run has not ended, and what it has written so far would be missing in silver."""

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"{dataset}: the stream's newest run has not ended. Stop the stream, or, where it was killed, let it end: "
            f"stream.py --dataset {dataset} --once. Then rebuild."
        )


def rebuild(spark: SparkSession, lake: Lake, contract: Contract, wait: bool = True) -> RecordedRun:
    """Compute silver and quarantine anew from all that bronze has.

    Readers see the tables as they were until each is swapped in, in one commit of its own. Of a file that was delivered
    anew only the newest delivery counts; of a key delivered by several runs the newest row by `order_by`, a tie going
    to the later run. With `write: replace` only the newest delivery counts.

    Args:
        spark: the session.
        lake: where the dataset is.
        contract: as it is now; it may differ from the one under which bronze was taken.
        wait: whether to wait for another run of the dataset.

    Raises:
        NothingInBronze: no run of the dataset was ever committed.
        StreamUnderWay: a stream of the dataset runs, or was killed.
        FailedCheck, EmptyDelivery: as for `ingest_batch`; nothing was written.
    """
    require_sql(spark, contract)
    with held(lake.root, contract.name, JOB, wait):
        return repeated(lambda: _rebuilt(lake, contract), lake.root)


def _rebuilt(lake: Lake, contract: Contract) -> RecordedRun:
    ledger = Ledger(lake)
    streamed = ledger.last("stream", contract.name) if contract.stream else None
    if streamed and streamed.event != "committed":
        raise StreamUnderWay(contract.name)
    _finish_what_is_in_silver(lake, ledger, contract)
    runs = ledger.committed(contract.name)
    bronze = f"bronze.{contract.name}"
    if runs is None or not lake.exists(bronze) or runs.isEmpty():
        raise NothingInBronze(contract.name)
    version = lake.version(bronze)
    plan = {
        "contract": contract.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "fingerprint": contract.fingerprint,
        "bronze_version": version,
    }
    with recorded_run(lake, JOB, contract.name, plan, contract.version) as recorded, telling_sql(contract):
        rows, layouts = _counted(lake.read(bronze, version), runs, contract)
        if contract.images:
            _write_images(lake, ledger, recorded, contract, rows)
        else:
            _write(lake, ledger, recorded, contract, from_bronze(rows, contract, layouts))
    return recorded


def _finish_what_is_in_silver(lake: Lake, ledger: Ledger, contract: Contract) -> None:
    """A killed run that silver already has must end before silver is written anew; any other begins again later."""
    opener: Opener = lambda unfinished: open_source(lake, contract, "", unfinished)  # noqa: E731
    last = ledger.last("ingest", contract.name)
    if last is None or last.event == "committed" or not lake.committed(f"silver.{contract.name}", last.mark):
        return
    plan = Plan.from_json(last.plan, ledger.range_of(last))
    finish(lake, ledger, opener(last.id), last, plan, in_bronze=True)


def _counted(bronze: DataFrame, runs: DataFrame, contract: Contract) -> tuple[DataFrame, Layouts]:
    """Bronze's rows that count, with _order, the place of their run, and _fingerprint; and the names they lie under."""
    told = runs.select(
        "run_id",
        F.unix_micros("at").alias("_order"),
        F.get_json_object("plan", "$.fingerprint").alias("_fingerprint"),
        F.get_json_object("plan", "$.contract").alias("_contract"),
        (F.get_json_object("plan", "$.replaced") != "[]").alias("_replaced"),
    )
    # One row a version of the contract.
    found = told.groupBy("_fingerprint").agg(F.max("_contract"), F.max("_replaced"), F.max("_order")).collect()
    layouts = {row[0]: Contract.model_validate(json.loads(row[1])).delivered_names for row in found}
    if contract.write == "replace":
        told = told.where(F.col("_order") == max(row[3] for row in found))
    counted = told.select(F.col("run_id").alias("_run_id"), "_order", "_fingerprint")
    rows = bronze.join(F.broadcast(counted), "_run_id")
    if any(row[2] for row in found):
        newest = rows.groupBy("_source").agg(F.max("_order").alias("_order"))
        rows = rows.join(newest, ["_source", "_order"], "left_semi")
    return rows, layouts


def _write_images(lake: Lake, ledger: Ledger, recorded: RecordedRun, contract: Contract, records: DataFrame) -> None:
    def to_quarantine(kept: DataFrame) -> None:
        lake.replace(f"quarantine.{contract.name}", refused_rows(kept, recorded.id), recorded.mark)

    with judged_images(lake, contract, records, None) as images:
        write = Writers(
            silver=lambda kept: write_images(lake, contract, recorded.mark, images, kept, None),
            quarantine=to_quarantine,
        )
        settle(lake, ledger, recorded, contract, rules_of(contract), images.rows, write)


def _write(lake: Lake, ledger: Ledger, recorded: RecordedRun, contract: Contract, rows: DataFrame) -> None:
    rules = rules_of(contract)
    records, tombstones = parted(rows, contract)
    versions = reference_versions(lake, contract)
    staged = judged(lake, contract, records, None, versions, ties=("_order", *TIES), carried=("_order",))
    if tombstones is not None:
        staged = outlived(staged, tombstones, contract)

    def to_silver(kept: DataFrame) -> None:
        silver = accepted_rows(kept, contract, recorded.id)
        if contract.write == "replace" and not recorded.counts.accepted:
            raise EmptyDelivery(contract.name, recorded.counts.read)
        silver = first_history(silver, contract) if contract.write == "scd2" else silver
        if contract.layout.sort_by:
            silver = silver.sortWithinPartitions(*contract.layout.sort_by)
        lake.replace(f"silver.{contract.name}", silver, recorded.mark, contract.layout.partition_by)

    def to_quarantine(kept: DataFrame) -> None:
        lake.replace(f"quarantine.{contract.name}", refused_rows(kept, recorded.id), recorded.mark)

    settle(lake, ledger, recorded, contract, rules, staged, Writers(to_silver, to_quarantine))
