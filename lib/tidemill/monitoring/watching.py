"""What follows the runs of a job: its figures are published, and people are told of what went wrong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog

from tidemill.alerts import Alert
from tidemill.alerts.alert import Kind
from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.lake import RecordedRun
from tidemill.monitoring.judging import RECENT, alerts_of
from tidemill.monitoring.ledger import RunRecord, checks_of, last_with_rows, recent_runs
from tidemill.monitoring.metrics import last_success, metrics, metrics_file, publish
from tidemill.monitoring.telling import close, tell

# How often a stream whose alerts are all over looks whether somebody else has opened one.
LOOKS_EVERY = timedelta(minutes=1)


class Watch:
    """Follows one job on one dataset. Nothing that it does fails the job: what goes wrong is one line of warning.

    Args:
        config: where figures go and who is told.
        contract: of the dataset, with its limits.
        job: the entry point's name.
    """

    def __init__(self, config: Config, contract: Contract, job: str) -> None:
        self._config = config
        self._contract = contract
        self._job = job
        self._began = datetime.now(UTC)
        self._none_open: datetime | None = None

    def ended(self, runs: Sequence[RecordedRun], error: BaseException | None = None) -> None:
        """Publish the figures and tell what must be told, once runs ended.

        Args:
            runs: those that committed just now; none where nothing was new.
            error: why the job failed, if it did.
        """
        try:
            recent = recent_runs(self._config, RECENT, self._contract.name, self._job)
        except Exception as unread:
            _log(error)("runs_not_watched", dataset=self._contract.name, reason=_line(unread))
            recent = []
        self._publish(recent, error)
        ids = {run.id for run in runs}
        self._tell([run for run in recent if run.run_id in ids], recent, error)

    def _publish(self, recent: Sequence[RunRecord], error: BaseException | None) -> None:
        name, config = self._contract.name, self._config.metrics
        try:
            file = metrics_file(config, name)
            if file is None and not config.pushgateway:
                structlog.get_logger().debug(
                    "metrics_not_written", reason="metrics.folder is no folder of this machine"
                )
                return
            committed = next((run for run in recent if run.state == "committed"), None)
            checks = checks_of(self._config, committed.run_id) if committed else []
            success = last_success(file, recent) if error else datetime.now(UTC).timestamp()
            figures = metrics(name, self._job, committed, checks, success, failed=error is not None)
            publish(config, file, figures, name, self._job)
        except Exception as unpublished:
            _log(error)("metrics_not_published", dataset=name, reason=_line(unpublished))

    def _tell(self, ended: Sequence[RunRecord], recent: Sequence[RunRecord], error: BaseException | None) -> None:
        if not self._config.alerts.all_channels():
            return
        try:
            due = self._due(ended, recent, error)
        except Exception as unknown:
            structlog.get_logger().warning("alerts_not_known", dataset=self._contract.name, reason=_line(unknown))
            return
        try:
            untold = tell(self._config, due) if due else {}
            if error is None:
                self._close(ended, due)
        except Exception as failed:
            structlog.get_logger().warning("alerts_not_told", dataset=self._contract.name, reason=_line(failed))
            return
        for alert_id, reason in untold.items():
            structlog.get_logger().warning("alert_not_sent", alert_id=alert_id, reason=reason)

    def _close(self, ended: Sequence[RunRecord], due: Sequence[Alert]) -> None:
        """Close what this job's good end has put right; a stream, which ends all the time, looks once a minute."""
        now = datetime.now(UTC)
        if not due and self._none_open is not None and now - self._none_open < LOOKS_EVERY:
            return
        kinds: set[Kind] = {"run_failed"}
        if any(run.pass_rate is not None for run in ended):
            kinds.add("pass_rate_low")
        if self._contract.alerts.freshness is not None:
            kinds.add("source_stale")
        text = f"{self._job} of {self._contract.name} ended well"
        left = close(self._config, self._contract.name, self._job, kinds, due, text)
        self._none_open = now if left == 0 else None

    def _due(self, ended: Sequence[RunRecord], recent: Sequence[RunRecord], error: BaseException | None) -> list[Alert]:
        rows_came = None
        if self._contract.alerts.fresh_within is not None:
            rows_came = last_with_rows(self._config, recent, self._contract.name)
        # A job may fail before it plans a run.
        failed = [
            run.run_id for run in recent if run.state == "failed" and (run.ended_at or run.started_at) > self._began
        ]
        failure = (failed[0] if failed else None, error) if error else None
        return list(alerts_of(self._contract, self._job, ended, rows_came, datetime.now(UTC), failure))


@contextmanager
def watched(config: Config, contract: Contract, job: str) -> Iterator[Watch]:
    """Follow the job in this block: call `ended` on what is yielded with the runs; its failure is told by itself.

    Args:
        config: where figures go and who is told.
        contract: of the dataset, with its limits.
        job: the entry point's name.
    """
    watch = Watch(config, contract, job)
    try:
        yield watch
    except Exception as error:
        watch.ended([], error)
        raise


def _log(error: BaseException | None) -> Callable[..., object]:
    """Where to say that figures are missing: a job that fails says why in one line, and mostly for the same reason."""
    log = structlog.get_logger()
    return log.info if error else log.warning


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
