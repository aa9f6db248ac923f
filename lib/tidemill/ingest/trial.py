"""See what a run would do: everything is computed, nothing is written to the lake."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.ingest.images import judged_images
from tidemill.ingest.judging import judged, reference_versions
from tidemill.ingest.settling import counts_of, figures_of
from tidemill.ingest.sources import open_source
from tidemill.lake import Counts, Lake, Ledger
from tidemill.quality import require_sql, rules_of, telling_sql
from tidemill.sources import Slice

SAMPLES = 10


@dataclass(frozen=True)
class Trial:
    """What a run would do.

    Attributes:
        counts: what would become of the records.
        failed: how many rows would fail each check, those that none fails left out.
        samples: some of the rows that would be quarantined, personal values masked.
        lacks: why the delivery would go no further than bronze; empty where it would.
        notes: how the delivery differs from the contract and from the one before.
    """

    counts: Counts
    failed: dict[str, int]
    samples: list[dict[str, Any]]
    lacks: str
    notes: tuple[str, ...]

    def result(self) -> dict[str, Any]:
        """What a job reports of it."""
        told = {**self.counts.named(), "failed": self.failed, "samples": self.samples}
        more = {"lacks": self.lacks, "notes": list(self.notes)}
        return {**told, **{name: value for name, value in more.items() if value}}


def try_out(spark: SparkSession, lake: Lake, contract: Contract, spool: str = "", full: bool = False) -> Trial | None:
    """What `ingest_batch` would do now; None where nothing waits.

    Raises:
        RunFailed: as `ingest_batch`, but for checks that must hold, which are among the failed ones here.
    """
    require_sql(spark, contract)
    ledger = Ledger(lake)
    last = ledger.last("ingest", contract.name)
    before = last if last is None or last.event == "committed" else ledger.last("ingest", contract.name, committed=True)
    source = open_source(lake, contract, spool, last.id if last and last.event != "committed" else None)
    waiting = source.waiting(None if full or before is None else before.plan["progress"])
    if waiting is None:
        return None
    name = f"silver.{contract.name}"
    silver = lake.read(name) if lake.exists(name) else None
    rules = rules_of(contract)
    delivered = source.rows(waiting).withColumn("_ingested_at", F.current_timestamp())
    with _judged(lake, contract, delivered, silver, waiting) as rows, telling_sql(contract):
        figures = figures_of(rows, contract, rules)
        failed = {rule.name: int(figures[rule.name]) for rule in rules if figures[rule.name]}
        counts = counts_of(figures)
        samples = _samples(rows, contract) if counts.quarantined else []
    return Trial(counts, failed, samples, waiting.lacks, waiting.notes)


@contextmanager
def _judged(
    lake: Lake, contract: Contract, delivered: DataFrame, silver: DataFrame | None, waiting: Slice
) -> Iterator[DataFrame]:
    if contract.images:
        with judged_images(lake, contract, delivered, silver, waiting.replaced) as images:
            yield images.rows
    else:
        yield judged(lake, contract, delivered, silver, reference_versions(lake, contract), waiting.replaced)


def _samples(rows: DataFrame, contract: Contract) -> list[dict[str, Any]]:
    shown = F.transform("_failures", lambda failure: _reason(failure, contract)).alias("reasons")
    refused = rows.where("_status = 'quarantined'").select("_source", "_position", shown)
    return [
        {"source": row["_source"], "position": row["_position"], "reasons": row["reasons"]}
        for row in refused.head(SAMPLES)
    ]


def _reason(failure: Column, contract: Contract) -> Column:
    personal = contract.personal.columns if contract.personal else ()
    masked = F.concat(failure["check"], F.lit(": (personal)"))
    return F.when(failure["column"].isin(*personal), masked).otherwise(
        F.concat(failure["check"], F.lit(": "), failure["message"])
    )
