"""Bring a dataset's waiting files through their way, and finish first what an earlier run left."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import structlog
from pyspark.sql import SparkSession

from tidemill.contract import Contract
from tidemill.contract.sources import FilesSource
from tidemill.errors import RunFailed, nearest
from tidemill.formats import Recognised, delivered, recognise
from tidemill.ingest.loading import finish
from tidemill.ingest.plan import Plan, waiting_files
from tidemill.lake import Lake, Ledger, RecordedRun, Run
from tidemill.quality import require_sql
from tidemill.sources.files import DeliveredFile, list_files

# Only heads and tails of files are read while they are recognised, so that waiting for them is most of the time.
READERS = 8


class NoFiles(RunFailed):
    """The source's folder holds no file."""

    def __init__(self, contract: Contract) -> None:
        assert isinstance(contract.source, FilesSource)  # noqa: S101
        super().__init__(
            f"{contract.name}: no file in {contract.source.path}. Put the delivery there, or mend source.path in "
            f"conf/datasets/{contract.name}.yaml."
        )


class ChangedFile(RunFailed):
    """A file was replaced under its name, and the contract refuses that."""

    def __init__(self, contract: Contract, uri: str) -> None:
        super().__init__(
            f"{contract.name}: {uri} changed since it was taken, and source.on_change is refuse. Deliver it under a "
            "new name, or set on_change: reload, so that its earlier rows give way."
        )


class MissingColumn(RunFailed):
    """A file lacks a column that the contract requires."""

    def __init__(self, contract: Contract, column: str, uri: str, columns: Sequence[str]) -> None:
        name = contract.delivered_name(column)
        setting = f"Set 'from' under columns.{column} in conf/datasets/{contract.name}.yaml."
        super().__init__(
            f"{contract.name}: {uri} has no column '{name}', which the contract requires. It has: "
            f"{', '.join(columns[:20])}. {' '.join(filter(None, (nearest(name, columns), setting)))}"
        )


def ingest_batch(spark: SparkSession, lake: Lake, contract: Contract) -> list[RecordedRun]:
    """Take every waiting file of a dataset.

    Args:
        spark: the session.
        lake: where to write.
        contract: of a batch dataset.

    Returns:
        The runs that ended: none where nothing was new, two where an earlier one had to be finished first.

    Raises:
        WrongSql: a check of the contract is not valid SQL; no data were read.
        RunFailed: a file cannot be taken as it is, or a check that must hold does not; nothing was written to silver.
    """
    require_sql(spark, contract)
    assert isinstance(contract.source, FilesSource)  # noqa: S101
    files = list_files(spark, contract.source.path)
    if not files:
        raise NoFiles(contract)
    return take(lake, contract, files, job="ingest")


def take(lake: Lake, contract: Contract, files: Sequence[DeliveredFile], job: str) -> list[RecordedRun]:
    """Load those of the files that no committed run has taken; see `ingest_batch`."""
    ledger = Ledger(lake)
    last = ledger.last(job, contract.name)
    plan = waiting_files(lake, ledger, contract, files, job)
    ended = []
    abandoned = False
    if last is not None and last.event != "committed":
        in_bronze = lake.committed(f"bronze.{contract.name}", last.mark)
        unfinished = _to_finish(lake, last, plan) if in_bronze else None
        if unfinished:
            structlog.get_logger().info("finishing_an_earlier_run", run_id=last.id)
            ended.append(finish(lake, ledger, last, unfinished, delivered=None))
            last = replace(last, event="committed")
            plan = waiting_files(lake, ledger, contract, files, job)
        abandoned = in_bronze and unfinished is None
    if plan.files:
        recognised = _recognised(contract, plan)
        run = ledger.plan(job, contract.name, plan.as_json(), last, contract.version, again=not abandoned)
        rows = delivered(lake.spark, recognised, contract.delivered_names)
        ended.append(finish(lake, ledger, run, plan, rows))
    return ended


def _to_finish(lake: Lake, last: Run, waiting: Plan) -> Plan | None:
    """The plan under which a run that is in bronze goes on; None where its files must be taken anew."""
    planned = Plan.from_json(last.plan)
    if lake.committed(f"silver.{planned.contract.name}", last.mark):
        return planned
    if planned.contract.delivered_names != waiting.contract.delivered_names:
        return None
    unchanged = set(planned.files) <= set(waiting.files)
    # A run that failed may do so again until more is delivered: then it is begun anew, with everything that waits.
    if not unchanged or (last.event == "failed" and set(planned.files) != set(waiting.files)):
        return None
    return replace(planned, contract=waiting.contract)


def _recognised(contract: Contract, plan: Plan) -> list[tuple[str, Recognised]]:
    source = contract.source
    assert isinstance(source, FilesSource)  # noqa: S101
    if plan.replaced and source.on_change == "refuse":
        raise ChangedFile(contract, plan.replaced[0])
    uris = [file.uri for file in plan.files]
    with ThreadPoolExecutor(READERS) as readers:
        found = list(zip(uris, readers.map(lambda uri: recognise(uri, source.format), uris), strict=True))
    for uri, recognised in found:
        _require_columns(contract, uri, recognised)
    return found


def _require_columns(contract: Contract, uri: str, recognised: Recognised) -> None:
    if recognised.format not in ("csv", "parquet"):
        return
    for name, column in contract.columns.items():
        delivered_name = contract.delivered_name(name)
        if column.required and delivered_name not in recognised.columns and "." not in delivered_name:
            raise MissingColumn(contract, name, uri, recognised.columns)
