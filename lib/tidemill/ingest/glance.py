"""Tell without Spark whether a dataset's files have all been taken: a scheduled job mostly finds nothing new."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from tidemill.config import Config
from tidemill.contract import Contract
from tidemill.contract.sources import FilesSource, ImagesSource
from tidemill.errors import RunFailed
from tidemill.lake.ledger import EVENTS
from tidemill.lake.stored import opened
from tidemill.lake.taken import TABLE
from tidemill.sources.files import DeliveredFile, local_files
from tidemill.sources.images import relevant_files


class _Taking(NamedTuple):
    at: datetime
    size: int
    modified_at: datetime


def nothing_waits(config: Config, contract: Contract) -> bool:
    """Whether a run of `ingest` would find nothing to do.

    It is told from the source's listing and the ledger's small tables alone. Wherever that is not enough (another kind
    of source or of store, a run to be finished, a contract that changed), the answer is that something may wait.

    Args:
        config: where the lake is.
        contract: the dataset's.
    """
    if not isinstance(contract.source, FilesSource | ImagesSource):
        return False
    try:
        return _all_taken(config, contract, contract.source)
    except (RunFailed, OSError) as unknown:  # the job itself tells it, or gets by
        structlog.get_logger().debug("not_told_without_spark", dataset=contract.name, reason=str(unknown))
        return False


def _all_taken(config: Config, contract: Contract, source: FilesSource | ImagesSource) -> bool:
    files = local_files(source.path)
    if files and isinstance(source, ImagesSource):
        files = relevant_files(files, source, contract.name, lambda place: local_files(place) or [])
    if not files or not _as_committed_last(config, contract):
        return False
    taken = _newest(config, contract.name, {file.uri: file for file in files})
    return all(
        file.uri in taken and (taken[file.uri].size, taken[file.uri].modified_at) == (file.size, file.modified_at)
        for file in files
    )


def _as_committed_last(config: Config, contract: Contract) -> bool:
    """Whether the last run ended well, under the contract as it is now."""
    events = opened(config, EVENTS)
    if events is None:
        return False
    own = {"job": ("ingest", "ingest"), "dataset": (contract.name, contract.name)}
    told = events.rows(["run_id", "event", "sequence", "at"], own)
    if not told:
        return False
    last = max(told, key=lambda event: (event["sequence"], event["event"] == "committed", event["at"]))
    if last["event"] != "committed":
        return False
    plans = events.rows(["event", "plan"], {**own, "run_id": (last["run_id"], last["run_id"])})
    fingerprints = {json.loads(row["plan"])["fingerprint"] for row in plans if row["event"] == "committed"}
    return fingerprints == {contract.fingerprint}


def _newest(config: Config, dataset: str, files: Mapping[str, DeliveredFile]) -> dict[str, _Taking]:
    """Those of the files that were taken, as they were last."""
    record = opened(config, TABLE)
    newest: dict[str, _Taking] = {}
    if record is None:
        return newest
    for piece in record.pieces(["uri", "size", "modified_at", "at"], {"dataset": (dataset, dataset)}):
        columns: list[list[Any]] = [piece.column(name).to_pylist() for name in ("uri", "at", "size", "modified_at")]
        for uri, *taking in zip(*columns, strict=True):
            if uri in files and (uri not in newest or newest[uri].at < taking[0]):
                newest[uri] = _Taking(*taking)
    return newest
