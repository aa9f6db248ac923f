"""Bring what waits at a dataset's source through its way, and finish first what an earlier run left."""

from collections.abc import Callable
from dataclasses import replace

import structlog
from pyspark.sql import SparkSession

from tidemill.contract import Contract
from tidemill.contract.sources import OF_FILES
from tidemill.ingest.evolution import require_readable
from tidemill.ingest.judging import reference_versions
from tidemill.ingest.loading import finish
from tidemill.ingest.plan import Plan
from tidemill.ingest.refusals import WouldDouble
from tidemill.ingest.sources import open_source
from tidemill.lake import Lake, Ledger, RecordedRun, Run, held
from tidemill.quality import require_sql
from tidemill.session import repeated
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
    if full and contract.write == "append" and contract.source.kind not in OF_FILES:
        raise WouldDouble(contract.name)
    with held(lake.root, contract.name, "ingest", wait):
        return take(lake, contract, lambda unfinished: open_source(lake, contract, spool, unfinished), "ingest", full)


def take(lake: Lake, contract: Contract, opener: Opener, job: str, full: bool = False) -> list[RecordedRun]:
    """Load what no committed run has taken of a source; see `ingest_batch`.

    It is begun again, a few times, where it failed for a reason that may be over a moment later, as another writer's
    commit to the same table; what is written already is not written again.
    """
    taking = _Taking(lake, contract, opener, job, full)
    repeated(taking.attempt, lake.root)
    return taking.ended


class _Taking:
    """One call of `take`: what its attempts share."""

    def __init__(self, lake: Lake, contract: Contract, opener: Opener, job: str, full: bool) -> None:
        self.ended: list[RecordedRun] = []
        self._lake, self._contract, self._opener, self._job, self._full = lake, contract, opener, job, full
        self._planned: str | None = None

    def attempt(self) -> None:
        """Finish what an earlier run left, and take what waits."""
        lake, contract, job = self._lake, self._contract, self._job
        ledger = Ledger(lake)
        last = ledger.last(job, contract.name)
        before = last if last is None or last.event == "committed" else ledger.last(job, contract.name, committed=True)
        if before and before.plan["fingerprint"] != contract.fingerprint:
            require_readable(lake, ledger, contract)
        progress = before.plan["progress"] if before else None
        abandoned = False
        if last is not None and last.event != "committed" and lake.committed(f"bronze.{contract.name}", last.mark):
            plan = self._finish(ledger, last, progress)
            abandoned = plan is None
            if plan:
                last = replace(last, event="committed")
                progress = plan.taken.progress
        source = self._opener(last.id if last and last.event != "committed" else None)
        # What an earlier attempt took from the beginning is not taken from there again.
        full = self._full and self._planned not in {run.id for run in self.ended}
        waiting = source.waiting(None if full else progress)
        if waiting:
            plan = Plan(waiting, contract, lake.version(f"silver.{contract.name}"), reference_versions(lake, contract))
            run = ledger.plan(
                job, contract.name, plan.as_json(), last, contract.version, again=not abandoned, range=waiting.range
            )
            self._planned = run.id
            self.ended.append(finish(lake, ledger, source, run, plan, in_bronze=False))

    def _finish(self, ledger: Ledger, last: Run, progress: Json | None) -> Plan | None:
        """Finish a run that is in bronze, and return its plan; None where what it took must be taken anew."""
        lake, contract = self._lake, self._contract
        source = self._opener(last.id)
        planned = Plan.from_json(last.plan, ledger.range_of(last))
        plan = _to_finish(lake, source, last, planned, contract, progress)
        if plan is None:
            return None
        if plan != planned:
            last = ledger.plan(self._job, contract.name, plan.as_json(), last, contract.version, range=plan.taken.range)
        structlog.get_logger().info("finishing_an_earlier_run", run_id=last.id)
        self.ended.append(finish(lake, ledger, source, last, plan, in_bronze=True))
        return plan


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
    if not failed and contract.source.kind not in OF_FILES:
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
    if kind not in OF_FILES:
        return failed and waiting.range != planned.range
    now = {file.uri: file for file in files_of(waiting.range)}
    then = {file.uri: file for file in files_of(planned.range)}
    changed = any(now.get(uri, file) != file for uri, file in then.items())
    gone = not then.keys() <= now.keys()
    return changed or (failed and not gone and now.keys() != then.keys())
