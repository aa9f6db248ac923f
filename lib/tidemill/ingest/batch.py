"""Bring what waits at a dataset's source through its way, and finish first what an earlier run left."""

from collections.abc import Callable
from dataclasses import replace

import structlog
from pyspark.sql import SparkSession

from tidemill.contract import Contract
from tidemill.ingest.evolution import require_readable
from tidemill.ingest.judging import reference_versions
from tidemill.ingest.loading import finish
from tidemill.ingest.plan import Plan
from tidemill.ingest.refusals import WouldDouble
from tidemill.ingest.sources import open_source
from tidemill.lake import Lake, Ledger, RecordedRun, Run, held
from tidemill.quality import require_sql
from tidemill.sources import Slice, Source
from tidemill.sources.files.source import files_of
from tidemill.sources.source import Json

Opener = Callable[[str | None], Source]
"""Opens a source; takes the id of a run that has not ended."""


def ingest_batch(
    spark: SparkSession, lake: Lake, contract: Contract, spool: str = "", full: bool = False, wait: bool = True
) -> list[RecordedRun]:
    """Take what waits at a dataset's source.

    Args:
        spark: the session.
        lake: where to write.
        contract: of a batch dataset.
        spool: the folder for what a source must keep before it counts as read.
        full: whether to read the source from its beginning, whatever was taken before.
        wait: whether to wait for another run of the dataset.

    Returns:
        The runs that ended: none where nothing was new, two where an earlier one had to be finished first.

    Raises:
        WrongSql: a check of the contract is not valid SQL; no data were read.
        Held: another run works on the dataset, and this one is not to wait.
        RunFailed: a delivery cannot be taken as it is, or a check that must hold does not; silver was not written.
    """
    require_sql(spark, contract)
    if full and contract.write == "append" and contract.source.kind != "files":
        raise WouldDouble(contract.name)
    with held(lake.root, contract.name, "ingest", wait):
        return take(lake, contract, lambda unfinished: open_source(lake, contract, spool, unfinished), "ingest", full)


def take(lake: Lake, contract: Contract, opener: Opener, job: str, full: bool = False) -> list[RecordedRun]:
    """Load what no committed run has taken of a source; see `ingest_batch`."""
    ledger = Ledger(lake)
    last = ledger.last(job, contract.name)
    before = last if last is None or last.event == "committed" else ledger.last(job, contract.name, committed=True)
    if before and before.plan["fingerprint"] != contract.fingerprint:
        require_readable(lake, ledger, contract)
    progress = before.plan["progress"] if before else None
    ended = []
    abandoned = False
    if last is not None and last.event != "committed" and lake.committed(f"bronze.{contract.name}", last.mark):
        source = opener(last.id)
        planned = Plan.from_json(last.plan, ledger.range_of(last))
        plan = _to_finish(lake, source, last, planned, contract, progress)
        abandoned = plan is None
        if plan:
            if plan != planned:
                last = ledger.plan(job, contract.name, plan.as_json(), last, contract.version, range=plan.taken.range)
            structlog.get_logger().info("finishing_an_earlier_run", run_id=last.id)
            ended.append(finish(lake, ledger, source, last, plan, in_bronze=True))
            last = replace(last, event="committed")
            progress = plan.taken.progress
    source = opener(last.id if last and last.event != "committed" else None)
    waiting = source.waiting(None if full else progress)
    if waiting:
        plan = Plan(waiting, contract, lake.version(f"silver.{contract.name}"), reference_versions(lake, contract))
        run = ledger.plan(
            job, contract.name, plan.as_json(), last, contract.version, again=not abandoned, range=waiting.range
        )
        ended.append(finish(lake, ledger, source, run, plan, in_bronze=False))
    return ended


def _to_finish(
    lake: Lake, source: Source, last: Run, planned: Plan, contract: Contract, progress: Json | None
) -> Plan | None:
    """The plan under which a run that is in bronze goes on; None where what it took must be taken anew."""
    silver = f"silver.{contract.name}"
    if lake.committed(silver, last.mark):
        return planned
    if planned.contract.delivered_names != contract.delivered_names:
        return None
    # Silver may have been rebuilt since.
    versions = reference_versions(lake, contract)
    plan = replace(planned, contract=contract, silver_version=lake.version(silver), references=versions)
    failed = last.event == "failed"
    if not failed and contract.source.kind != "files":
        return plan
    waiting = source.waiting(progress)
    if _overtaken(planned.taken, waiting, failed, contract.source.kind):
        return None
    return replace(plan, taken=replace(planned.taken, lacks=waiting.lacks)) if waiting else plan


def _overtaken(planned: Slice, waiting: Slice | None, failed: bool, kind: str) -> bool:
    """Whether what waits now makes an earlier run's slice out of date.

    A run that failed may do so again until more is delivered: then it is begun anew, with everything that waits.
    """
    if waiting is None:
        return False
    if kind != "files":
        return failed and waiting.range != planned.range
    now = {file.uri: file for file in files_of(waiting.range)}
    then = {file.uri: file for file in files_of(planned.range)}
    changed = any(now.get(uri, file) != file for uri, file in then.items())
    gone = not then.keys() <= now.keys()
    return changed or (failed and not gone and now.keys() != then.keys())
