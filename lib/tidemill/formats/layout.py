"""Bronze's layout without the run's columns, as Arrow batches: one shape for whatever was delivered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tidemill.formats.decoding import readable

RECORD_COLUMNS = ("_rescued", "_raw", "_source", "_position")
POSITION_DIGITS = 12


class Row(NamedTuple):
    """One record that parsed: its place, the values of the contract's columns in order, and the rest as JSON."""

    position: int
    values: Sequence[str | None]
    rescued: str | None


class Raw(NamedTuple):
    """One record that did not parse: its place and its text."""

    position: int
    text: str


class Layout:
    """Builds batches for one file.

    Args:
        fields: contract column name -> delivered name.
        source: the file's URI.
        ragged: whether a csv record with too few or too many fields is taken as it is, instead of as broken.
    """

    def __init__(self, fields: Mapping[str, str], source: str, ragged: bool = False) -> None:
        self.ragged = ragged
        self.delivered = tuple(fields.values())
        self._names = [*fields, *RECORD_COLUMNS]
        self._source = source

    def parsed(self, columns: Sequence[pa.Array], rescued: pa.Array, positions: pa.Array) -> pa.RecordBatch:
        """A batch of records that parsed.

        Args:
            columns: string arrays, one for each field in order.
            rescued: string array.
            positions: integers.
        """
        count = len(positions)
        return self._batch([*columns, rescued, pa.nulls(count, pa.string())], positions)

    def rows(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """A batch of records that parsed, from rows."""
        columns = list(zip(*(row.values for row in rows), strict=True)) or [()] * len(self.delivered)
        return self.parsed(
            [pa.array(column, pa.string()) for column in columns],
            pa.array([row.rescued for row in rows], pa.string()),
            pa.array([row.position for row in rows], pa.int64()),
        )

    def raws(self, raws: Sequence[Raw]) -> pa.RecordBatch:
        """A batch of records that did not parse; bytes that did not decode are written as backslash escapes."""
        missing = pa.nulls(len(raws), pa.string())
        texts = pa.array([readable(raw.text).rstrip("\r\n") for raw in raws], pa.string())
        positions = pa.array([raw.position for raw in raws], pa.int64())
        return self._batch([missing] * (len(self.delivered) + 1) + [texts], positions)

    def batches(self, records: Iterable[Row | Raw]) -> Iterator[pa.RecordBatch]:
        """The batches, none of them empty, of records of both kinds."""
        rows: list[Row] = []
        raws: list[Raw] = []
        for record in records:
            if isinstance(record, Row):
                rows.append(record)
            else:
                raws.append(record)
        if rows:
            yield self.rows(rows)
        if raws:
            yield self.raws(raws)

    def _batch(self, arrays: Sequence[pa.Array], positions: pa.Array) -> pa.RecordBatch:
        source = pa.repeat(pa.scalar(self._source, pa.string()), len(positions))
        padded = pc.utf8_lpad(pc.cast(positions, pa.string()), POSITION_DIGITS, "0")
        return pa.RecordBatch.from_arrays([*arrays, source, padded], names=self._names)
