"""Rows added to a table without a JVM: by the dashboard, the command line, deliverers of alerts, and the ledger."""

import contextlib
import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from tidemill.config import Config
from tidemill.errors import RunFailed
from tidemill.lake.arrow_rows import arrow_table
from tidemill.lake.commits import PROPERTIES, Mark, one_at_a_time
from tidemill.lake.places import local_folder, table_options, table_uri

ATTEMPTS = 8
# Each call adds a file; at each version that this divides, small files are made fewer.
COMPACTED_EVERY = 100
# Spark's own interval; the library's is 100, and each entry since the last checkpoint is read for each commit.
CHECKPOINTS = {"delta.checkpointInterval": "10"}

# Bytes that a commit takes beside its rows, at the most.
ROOM = 64 << 10


@dataclass(frozen=True)
class Place:
    """Where a table LAYER.TABLE of the lake under `root` is, and what its store is opened with."""

    root: str
    name: str
    uri: str
    options: dict[str, str] | None = None


class NotAppended(RunFailed):
    """A table did not take rows."""

    def __init__(self, name: str, root: str, reason: str) -> None:
        super().__init__(
            f"{name} under {root} did not take the rows: {' '.join(reason.split())[:300]}. Check who may write there "
            "and whether the disk is full, and try again."
        )


def append_rows(
    config: Config, name: str, rows: Sequence[Sequence[Any]], schema: str, statistics: Sequence[str] = ()
) -> None:
    """Add rows in one commit. Spark appends to the same table and reads what is written here, and the other way round.

    Processes of one machine take turns by the lock that Spark's writers of this lake take too. On a store a commit that
    somebody else was faster with is tried again; that Spark sees it there needs a log store that refuses to overwrite.

    Args:
        config: where the lake is, and the store's keys.
        name: LAYER.TABLE, made where there is none, with the properties of all tables of the lake.
        rows: values in the schema's order; times with a zone.
        schema: of the table, as Spark writes it: `name type, ...`.
        statistics: the columns that files are skipped by, for a table that is made here; the first ones by default.

    Raises:
        NotAppended: the store or the disk refused, or others were faster each time.
    """
    if not rows:
        return
    told = {"delta.dataSkippingStatsColumns": ",".join(statistics)} if statistics else {}
    place = Place(config.lake_root, name, table_uri(config, name), table_options(config))
    try:
        append_table(place, arrow_table(rows, schema), properties=told)
    except (DeltaError, OSError) as error:
        raise NotAppended(name, config.lake_root, str(error)) from error


def append_table(
    place: Place,
    data: pa.Table,
    mark: Mark | None = None,
    partition_by: Sequence[str] = (),
    properties: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Add a table's rows in one commit; new columns become new columns.

    Args:
        place: the table, made where there is none.
        data: what to add.
        mark: the run's, with which the commit is made once however often it is tried.
        partition_by: for a table that is made here.
        properties: more of Delta's, for a table that is made here.

    Raises:
        DeltaError, OSError: the store or the disk refused, or others were faster each time.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(CommitFailedError),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(initial=0.05, max=2, jitter=0.1),
        reraise=True,
    )
    with one_at_a_time(place.root, place.name):
        _require_room(place, data.nbytes)
        attempts(_append, place, data, mark, partition_by, properties)


def _require_room(place: Place, size: int) -> None:
    """Refuse where a disk is full: the library's threads would write a trace of theirs to the terminal."""
    folder = local_folder(place.root)
    if folder is not None and shutil.disk_usage(folder).free < size + ROOM:
        raise OSError(f"{os.strerror(errno.ENOSPC)}: {place.uri}")


def _append(
    place: Place, data: pa.Table, mark: Mark | None, partition_by: Sequence[str], properties: Mapping[str, str]
) -> None:
    try:
        table = DeltaTable(place.uri, storage_options=place.options)
    except TableNotFoundError:
        table = None
    if mark and table and (table.transaction_version(mark.app_id(place.name)) or -1) >= mark.sequence:
        return
    write_deltalake(
        table or place.uri,
        data,
        mode="append",
        schema_mode="merge",
        partition_by=list(partition_by) or None,
        configuration={**PROPERTIES, **CHECKPOINTS, **properties},
        storage_options=place.options,
        commit_properties=CommitProperties(
            max_commit_retries=0,
            custom_metadata={"userMetadata": mark.metadata} if mark else None,
            app_transactions=[Transaction(mark.app_id(place.name), mark.sequence)] if mark else None,
        ),
    )
    table = DeltaTable(place.uri, storage_options=place.options)
    if table.version() and table.version() % COMPACTED_EVERY == 0:
        # The rows are in; a table that is written to at the same time is made smaller another time.
        with contextlib.suppress(DeltaError):
            table.optimize.compact()
            table.create_checkpoint()
