"""Which image is behind a sample's number: the small columns of a pinned table, in the order that numbers follow."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidemill.models.images.feeding import Snapshot
from tidemill.models.images.feeding.pinning import opened_filesystem
from tidemill.models.images.feeding.snapshot import RowGroup


class Name(NamedTuple):
    """An image's id, and its path where the table has one."""

    image_id: str
    path: str | None


def names_of(snapshot: Snapshot, split: str) -> list[Name]:
    """The images of a split: sample k is the k-th of them. About 100 bytes an image; no pixels are read.

    Raises:
        EmptySplit: the split has none.
    """
    filesystem = opened_filesystem(snapshot.path, snapshot.options)
    found: list[Name] = []
    for path, groups in groupby(snapshot.of(split), key=lambda group: group.file):
        with filesystem.open_input_file(path) as opened:
            file = pq.ParquetFile(opened)
            for group in groups:
                found.extend(_names(file, group, split))
    return found


def _names(file: pq.ParquetFile, group: RowGroup, split: str) -> Iterator[Name]:
    there = set(file.schema_arrow.names)
    columns = [name for name in ("image_id", "path", "split") if name in there]
    rows = file.read_row_group(group.number, columns, use_threads=False)
    if "split" in there:
        rows = rows.filter(pc.equal(rows["split"], split))
    return map(Name, _listed(rows, "image_id"), _listed(rows, "path"))


def _listed(rows: pa.Table, name: str) -> list[Any]:
    return rows[name].to_pylist() if name in rows.column_names else [None] * rows.num_rows
