"""Quarantined rows without a JVM: the newest of them, and how many failed each check. Personal values come masked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.lake.stored import Bounds, StoredTable, opened
from tidemill.monitoring.masking import Mask

ORDER = [("_quarantined_at", "descending"), ("_source", "ascending"), ("_position", "ascending")]
ROW = ("_run_id", "_source", "_position", "_failures", "_record", "_quarantined_at", "_replayed_at")


@dataclass(frozen=True)
class QuarantinedRow:
    """One refused row.

    Attributes:
        run_id: the run that refused it.
        source, position: where it stands in what was delivered.
        failures: each with check, column, value, message.
        record: delivered name -> value.
        quarantined_at, replayed_at: UTC.
    """

    run_id: str
    source: str
    position: str
    failures: list[dict[str, Any]]
    record: dict[str, Any] | None
    quarantined_at: datetime
    replayed_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """What a program reads."""
        return {
            "run_id": self.run_id,
            "source": self.source,
            "position": self.position,
            "failures": self.failures,
            "record": self.record,
            "quarantined_at": self.quarantined_at.isoformat(),
            "replayed_at": self.replayed_at.isoformat() if self.replayed_at else None,
        }


@dataclass
class FailedRows:
    """How many rows failed a check, and some of the failures, each with `source` and `position` besides."""

    check: str
    rows: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What a program reads."""
        return {"check": self.check, "rows": self.rows, "samples": self.samples}


def newest_rows(config: Config, contract: Contract, limit: int, only_open: bool = False) -> list[QuarantinedRow]:
    """The newest quarantined rows of a dataset, newest first; no more than `limit` and a row group are in memory.

    Args:
        config: says where the lake is.
        contract: of the dataset.
        limit: how many at most.
        only_open: leave out rows that were replayed.
    """
    table = opened(config, f"quarantine.{contract.name}")
    if table is None:
        return []
    oldest = _oldest(table, limit, only_open)
    kept: pa.Table | None = None
    for piece in table.pieces(ROW, {"_quarantined_at": (oldest, None)}, _still_open(only_open)):
        together = piece if kept is None else pa.concat_tables([kept, piece])
        kept = together.take(pc.sort_indices(together, sort_keys=ORDER)[:limit])
    mask = Mask(contract)
    return [_row(row, mask) for row in (kept.to_pylist() if kept is not None else [])]


def failures_by_check(
    config: Config, contract: Contract, samples: int = 1, run_id: str | None = None, only_open: bool = False
) -> list[FailedRows]:
    """How many quarantined rows failed each check, most first; a row with two reasons counts for both.

    Args:
        config: says where the lake is.
        contract: of the dataset.
        samples: how many failures of each check come along.
        run_id: of this run alone.
        only_open: leave out rows that were replayed.
    """
    table = opened(config, f"quarantine.{contract.name}")
    if table is None:
        return []
    bounds: Bounds = {"_run_id": (run_id, run_id)} if run_id else {}
    found: dict[str, FailedRows] = {}
    mask = Mask(contract)
    columns = ("_source", "_position", "_failures", "_replayed_at")
    for piece in table.pieces(columns, bounds, _still_open(only_open)):
        reasons = piece["_failures"].combine_chunks()
        rows, failures = pc.list_parent_indices(reasons), pc.list_flatten(reasons)
        checks = pc.struct_field(failures, "check")
        for count in pc.value_counts(checks).to_pylist():
            failed = found.setdefault(count["values"], FailedRows(count["values"]))
            failed.rows += count["counts"]
            wanted = samples - len(failed.samples)
            if wanted > 0:
                places = pc.indices_nonzero(pc.equal(checks, failed.check))[:wanted]
                failed.samples.extend(_samples(piece, failures, rows, places, mask))
    return sorted(found.values(), key=lambda failed: (-failed.rows, failed.check))


def _samples(
    piece: pa.Table, failures: pa.Array, rows: pa.Array, places: pa.Array, mask: Mask
) -> Iterator[dict[str, Any]]:
    where = piece.select(["_source", "_position"]).take(rows.take(places)).to_pylist()
    for failure, place in zip(failures.take(places).to_pylist(), where, strict=True):
        yield {**mask.failure(failure), "source": place["_source"], "position": place["_position"]}


def _oldest(table: StoredTable, limit: int, only_open: bool) -> datetime | None:
    """The time behind which the newest rows are, found by one narrow column."""
    kept: pa.Array | None = None
    for piece in table.pieces(["_quarantined_at", "_replayed_at"], None, _still_open(only_open)):
        times = piece["_quarantined_at"].combine_chunks()
        together = times if kept is None else pa.concat_arrays([kept, times])
        kept = together.take(pc.sort_indices(together, sort_keys=[("", "descending")])[:limit])
    return kept[-1].as_py() if kept is not None and len(kept) == limit else None


def _still_open(only_open: bool) -> ds.Expression | None:
    return ds.field("_replayed_at").is_null() if only_open else None


def _row(row: dict[str, Any], mask: Mask) -> QuarantinedRow:
    return QuarantinedRow(
        run_id=row["_run_id"],
        source=row["_source"],
        position=row["_position"],
        failures=[mask.failure(failure) for failure in row["_failures"] or ()],
        record=mask.record(row["_record"]),
        quarantined_at=row["_quarantined_at"],
        replayed_at=row.get("_replayed_at"),
    )
