"""What people must be told of a dataset now: a run that failed, a pass rate below its limit, a source gone quiet."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tidemill.alerts import Alert
from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.errors import RunFailed, TidemillError
from tidemill.monitoring.ledger import RunRecord, last_with_rows, recent_runs
from tidemill.monitoring.metrics import last_failed, metrics_file

# Among this many runs of a dataset its last committed one nearly always is.
RECENT = 20


def alerts_of(
    contract: Contract,
    job: str,
    ended: Sequence[RunRecord],
    rows_came: datetime | None,
    now: datetime,
    failure: tuple[str | None, BaseException] | None = None,
) -> Iterator[Alert]:
    """The alerts that follow.

    Args:
        contract: whose limits count.
        job: that runs the dataset.
        ended: the runs that ended just now.
        rows_came: when the last committed run ended that brought rows; None: never, which is not judged.
        now: UTC.
        failure: the run that failed just now, if it came to having an id, and why.
    """
    if failure is not None:
        run_id, error = failure
        yield _run_failed(contract, job, error, now, run_id)
    for run in ended:
        yield from _low_pass_rate(contract, run, now)
    fresh = contract.alerts.freshness
    if fresh is not None and rows_came is not None and now - rows_came > fresh:
        text = (
            f"{contract.name} has brought no rows for {_length(now - rows_came)}; its contract expects some within "
            f"{contract.alerts.fresh_within}"
        )
        details = {"last_rows_at": rows_came.isoformat(), "fresh_within": contract.alerts.fresh_within}
        yield Alert("source_stale", contract.name, job, text, now, details=details, began=rows_came)


def alerts_now(config: Config, contract: Contract, now: datetime) -> list[Alert]:
    """What the ledger says of a dataset, though nothing ran just now.

    Args:
        config: where the lake is.
        contract: of the dataset.
        now: UTC.
    """
    job = "stream" if contract.mode == "stream" else "ingest"
    of_all = recent_runs(config, RECENT, contract.name)
    newest = {run.job: run for run in reversed(of_all)}
    failed = [
        _run_failed(contract, run.job, RunFailed(run.error or ""), now, run.run_id)
        for run in newest.values()
        if run.state == "failed"
    ]
    if not any(alert.job == job for alert in failed) and last_failed(metrics_file(config.metrics, contract.name), job):
        unplanned = RunFailed("it ended before it had planned a run; what it wrote to stderr says why")
        failed.append(_run_failed(contract, job, unplanned, now, None))
    recent = [run for run in of_all if run.job == job]
    committed = [run for run in recent if run.state == "committed"][:1]
    rows_came = last_with_rows(config, recent, contract.name) if contract.alerts.freshness else None
    return [*failed, *alerts_of(contract, job, committed, rows_came, now)]


def _run_failed(contract: Contract, job: str, error: BaseException, now: datetime, run_id: str | None) -> Alert:
    return Alert("run_failed", contract.name, job, f"{job} of {contract.name} failed: {_reason(error)}", now, run_id)


def _low_pass_rate(contract: Contract, run: RunRecord, now: datetime) -> Iterator[Alert]:
    limit = contract.alerts.pass_rate
    if limit is None or run.pass_rate is None or run.counts is None or run.pass_rate >= limit:
        return
    text = (
        f"{contract.name}: {run.pass_rate:.2%} of {run.counts.read:,} records passed in run {run.run_id}; its contract "
        f"expects at least {limit:.2%}"
    )
    details = {"pass_rate": run.pass_rate, "limit": limit, **run.counts.named()}
    yield Alert("pass_rate_low", contract.name, run.job, text, now, run.run_id, details)


def _reason(error: BaseException) -> str:
    # What other libraries say may have a value or a secret in it, and leaves the house here.
    return " ".join(str(error).split())[:500] if isinstance(error, TidemillError) else type(error).__name__


def _length(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
