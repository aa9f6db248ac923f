"""The newest of some rows of the ledger, on this machine's disks without Spark, which takes seconds for it."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
from pyspark.sql import Column
from pyspark.sql import functions as F

from tidemill.lake.stored import opened_at
from tidemill.lake.tables import Lake

# A column of none of the rows: a run's end comes after all else that was told of it.
ENDED = "_ended"
Values = Mapping[str, Sequence[str]]


def newest(lake: Lake, table: str, columns: Sequence[str], by: Sequence[str], having: Values) -> dict[str, Any] | None:
    """The row that comes last, or None where there is none.

    Args:
        lake: has the table, or not.
        table: with `event` string.
        columns: of the row.
        by: the columns that rows are ordered by, which are never null; `_ended` is whether the event is committed.
        having: by column the values of which it has one.
    """
    folder = lake.folder(table)
    return _by_spark(lake, table, columns, by, having) if folder is None else _stored(folder, columns, by, having)


def _stored(folder: Path, columns: Sequence[str], by: Sequence[str], having: Values) -> dict[str, Any] | None:
    stored = opened_at(str(folder))
    if stored is None:
        return None
    where = reduce(and_, (ds.field(name).isin(list(values)) for name, values in having.items()))
    bounds = {name: (values[0], values[0]) for name, values in having.items() if len(values) == 1}
    read = [name for name in dict.fromkeys(("event", *columns, *by)) if name != ENDED]
    last: tuple[tuple[Any, ...], dict[str, Any]] | None = None
    for piece in stored.pieces(read, bounds, where):
        for row in piece.to_pylist():
            place = tuple(row["event"] == "committed" if name == ENDED else row[name] for name in by)
            if last is None or place > last[0]:
                last = place, row
    return last and {name: last[1].get(name) for name in columns}


def _by_spark(
    lake: Lake, table: str, columns: Sequence[str], by: Sequence[str], having: Values
) -> dict[str, Any] | None:
    if not lake.exists(table):
        return None
    rows = lake.read(table).where(reduce(and_, (F.col(name).isin(*values) for name, values in having.items())))
    order: list[Column] = [F.col("event") == "committed" if name == ENDED else F.col(name) for name in by]
    found = rows.agg(F.max_by(F.struct(*columns), F.struct(*order)).alias("newest")).first()  # one row
    return None if found is None or found["newest"] is None else found["newest"].asDict(recursive=True)
