"""Files in the landing folder: their bytes in each format, and writing them so that no reader sees half a file."""

import json
import os
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tidemill.errors import RequestWrong, RunFailed


class LandingNotWritable(RunFailed):
    """The landing folder, or a file in it, cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path}: a delivery cannot be written here ({reason}). "
            "Free the disk or the folder's permissions, or choose another folder with --home."
        )


def deliver(path: Path, content: bytes) -> bool:
    """Put a file in place by one rename; leave an identical one untouched, so that its time still says when it came.

    Args:
        path: where the file belongs.
        content: the whole file.

    Returns:
        Whether the file was written.

    Raises:
        LandingNotWritable: the folder or the disk refused it.
    """
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(partial).chmod(0o644)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LandingNotWritable(path, error.strerror or str(error)) from error
    return True


def csv_bytes(rows: pd.DataFrame, separator: str, byte_order_mark: bool = False, line_end: str = "\n") -> bytes:
    """Write rows as UTF-8 CSV with a header; a missing value is an empty field."""
    text: str = rows.to_csv(sep=separator, index=False, lineterminator=line_end)
    return text.encode("utf-8-sig" if byte_order_mark else "utf-8")


def json_lines_bytes(rows: pd.DataFrame, truncated: int | None = None) -> bytes:
    """Write rows as JSON lines; the row labelled `truncated` loses the last third of its line."""
    lines = []
    for label, record in zip(rows.index, rows.to_dict("records"), strict=True):
        line = json.dumps(record, ensure_ascii=False)
        lines.append(line[: len(line) * 2 // 3] if label == truncated else line)
    return ("\n".join(lines) + "\n").encode()


def parquet_bytes(rows: pd.DataFrame, types: Mapping[str, pa.DataType]) -> bytes:
    """Write rows as Parquet with the given types; columns that are not named are strings."""
    schema = pa.schema([(column, types.get(column, pa.string())) for column in rows.columns])
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False), buffer, coerce_timestamps="us")
    return buffer.getvalue()


class HomeNotLocal(RequestWrong):
    """The demo was asked to write to something else than a folder."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where}: the demo needs a folder of this machine. Choose one with --home.")


def local_folder(where: str) -> Path:
    """The folder that a path or file: URI names.

    Raises:
        HomeNotLocal: it is another kind of URI.
    """
    if where.startswith("file:"):
        return Path(where.removeprefix("file:").replace("//", "", 1) if "//" in where else where.removeprefix("file:"))
    if "://" in where:
        raise HomeNotLocal(where)
    return Path(where)
