"""A dataset's figures for Prometheus: a file for node exporter's textfile collector, and a push where one is wanted."""

from collections.abc import Sequence
from dataclasses import asdict
from http.client import HTTPException
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, write_to_textfile
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tidemill.config import MetricsConfig, revealed
from tidemill.errors import RunFailed
from tidemill.lake.places import local_folder
from tidemill.monitoring.ledger import CheckResult, RunRecord

SUCCESS = "tidemill_last_success_timestamp_seconds"
FAILED = "tidemill_last_failed"
TIMEOUT = 5


class NotPushed(RunFailed):
    """The gateway did not take the figures. The line does not say where it is: its address may be a secret."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"the Pushgateway did not take the figures: {reason}. Check metrics.pushgateway.")


def metrics(
    dataset: str, job: str, run: RunRecord | None, checks: Sequence[CheckResult], success: float | None, failed: bool
) -> CollectorRegistry:
    """The figures, each labelled by dataset and job.

    Args:
        dataset: a label.
        job: the other label.
        run: the last committed run; None where there is none.
        checks: of that run.
        success: when the job last ended well, in seconds since 1970.
        failed: whether it has failed now.
    """
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *more: str) -> Gauge:
        return Gauge(name, text, ("dataset", "job", *more), registry=registry)

    gauge(FAILED, "1 where the job failed when it was last run, else 0").labels(dataset, job).set(failed)
    if success is not None:
        gauge(SUCCESS, "When the job last ended well, with new rows or without").labels(dataset, job).set(success)
    if run is None or run.counts is None:
        return registry
    rows = gauge("tidemill_run_rows", "Records of the last committed run by what became of them", "outcome")
    for outcome, count in asdict(run.counts).items():
        rows.labels(dataset, job, outcome).set(count)
    if run.pass_rate is not None:
        rate = gauge("tidemill_run_pass_rate", "Share of the last committed run's records that were not quarantined")
        rate.labels(dataset, job).set(run.pass_rate)
    if run.duration is not None:
        took = gauge("tidemill_run_duration_seconds", "How long the last committed run took")
        took.labels(dataset, job).set(run.duration.total_seconds())
    failures = gauge("tidemill_run_check_failed_rows", "Rows of the last committed run that failed a check", "check")
    for check in checks:
        failures.labels(dataset, job, check.check).set(check.rows_failed)
    return registry


def metrics_file(config: MetricsConfig, dataset: str) -> Path | None:
    """Where a dataset's figures go; None where no folder of this machine is configured."""
    folder = local_folder(config.folder) if config.folder else None
    return folder / f"{dataset}.prom" if folder else None


def last_success(file: Path | None, runs: Sequence[RunRecord]) -> float | None:
    """When the job last ended well: by its last figures, else by the ledger."""
    committed = [run.ended_at.timestamp() for run in runs if run.state == "committed" and run.ended_at]
    return max([*committed, *(sample.value for sample in _told_before(file, SUCCESS))], default=None)


def last_failed(file: Path | None, job: str) -> bool:
    """Whether the job's last figures say that it failed, be it before it came to having a run."""
    return any(sample.value == 1 and sample.labels.get("job") == job for sample in _told_before(file, FAILED))


def _told_before(file: Path | None, name: str) -> list[Sample]:
    try:
        text = file.read_text(encoding="utf-8") if file else ""
        families = list(text_string_to_metric_families(text))
    except (OSError, ValueError):
        return []
    return [sample for family in families for sample in family.samples if sample.name == name]


def publish(config: MetricsConfig, file: Path | None, registry: CollectorRegistry, dataset: str, job: str) -> None:
    """Write the figures into their file, by one rename, and push them where a gateway is configured.

    Raises:
        OSError: the file cannot be written.
        NotPushed: the gateway did not take them.
        MissingSecret: the environment lacks the gateway's address.
    """
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(file), registry)
    if config.pushgateway:
        gateway = revealed(config.pushgateway)
        try:
            push_to_gateway(gateway, job=job, registry=registry, grouping_key={"dataset": dataset}, timeout=TIMEOUT)
        except (OSError, ValueError, HTTPException) as error:
            raise NotPushed(getattr(error, "code", None) or type(error).__name__) from None
