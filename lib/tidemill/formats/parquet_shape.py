"""Read a Parquet file's columns from its last bytes."""

from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tidemill.errors import RunFailed
from tidemill.formats.location import shown_path

MAGIC = b"PAR1"
# Before the closing magic stands the footer's length, 4 bytes, little-endian (Apache Parquet format, "File format").
_CLOSING_BYTES = 8


class TruncatedParquet(RunFailed):
    """A file begins as Parquet and does not end as Parquet."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the Parquet file is truncated or damaged: {reason}. "
            "Expected a readable footer and PAR1 at its end; deliver the file again."
        )


def footer_bytes(tail: bytes) -> int:
    """How many of the file's last bytes its columns are read from; 0 where the file does not end as Parquet."""
    if not tail.endswith(MAGIC) or len(tail) < _CLOSING_BYTES:
        return 0
    return int.from_bytes(tail[-_CLOSING_BYTES:-4], "little") + _CLOSING_BYTES


def parquet_schema(file: BinaryIO, uri: str) -> pa.Schema:
    """Read the schema of a Parquet file that can be read from its end.

    Raises:
        TruncatedParquet: its end is missing or cannot be read.
    """
    try:
        return pq.ParquetFile(file).schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise TruncatedParquet(uri, f"its footer cannot be read ({str(error).splitlines()[0]})") from None


def parquet_columns(uri: str, tail: bytes, size: int) -> tuple[Sequence[str], Sequence[str]]:
    """Read the names and types of the top-level columns.

    Args:
        uri: the file, for messages.
        tail: its last bytes, at least `footer_bytes` of them.
        size: its bytes.

    Raises:
        TruncatedParquet: the end is missing or cannot be read.
    """
    needed = footer_bytes(tail)
    if not needed:
        raise TruncatedParquet(uri, "it begins with PAR1 and does not end with it")
    if needed + len(MAGIC) > size:
        raise TruncatedParquet(uri, f"its footer should be {needed} bytes of a file of {size}")
    try:
        schema = pq.read_schema(pa.BufferReader(MAGIC + tail[-needed:]))
    except (pa.ArrowException, OSError) as error:
        raise TruncatedParquet(uri, f"its footer cannot be read ({str(error).splitlines()[0]})") from None
    return schema.names, [str(kind) for kind in schema.types]
