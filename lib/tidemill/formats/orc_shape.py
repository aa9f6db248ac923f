"""Read ORC files in a process of its own: where a file is damaged, the reader ends its process without a word."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from tidemill.errors import RunFailed
from tidemill.formats.location import local_path, shown_path
from tidemill.formats.stores import is_in_s3, settings_in_use, store_path

MAGIC = b"ORC"

# Not a module: it would load all of this package and Spark's before its first line.
_PROGRAM = """
import json, sys
import fsspec
import pyarrow as pa
import pyarrow.fs
import pyarrow.orc

store = json.load(sys.stdin)
opened = fsspec.open(sys.argv[1], mode="rb").open if store is None else (
    lambda: pyarrow.fs.S3FileSystem(**store).open_input_file(sys.argv[1])
)
with opened() as file:
    stripes = pyarrow.orc.ORCFile(file)
    with pa.ipc.new_stream(sys.stdout.buffer, stripes.schema) as stream:
        for number in range(stripes.nstripes if sys.argv[2] == "rows" else 0):
            stream.write_batch(stripes.read_stripe(number))
"""


class DamagedOrc(RunFailed):
    """A file begins as ORC and cannot be read to its end."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(
            f"{shown_path(uri)}: the ORC file is truncated or damaged: {reason}. "
            "Expected a readable footer and whole stripes; deliver the file again."
        )


def orc_columns(location: str, uri: str) -> tuple[Sequence[str], Sequence[str]]:
    """Read the names and types of the top-level columns; arguments and errors as `orc_batches`."""
    schema = orc_schema(location, uri)
    return schema.names, [str(kind) for kind in schema.types]


def orc_schema(location: str, uri: str) -> pa.Schema:
    """Read an ORC file's schema from its footer; arguments and errors as `orc_batches`."""
    with _stream(location, uri, "schema") as stream:
        schema = stream.schema
        stream.read_all()
    return schema


def orc_batches(location: str, uri: str) -> Iterator[pa.RecordBatch]:
    """Read an ORC file stripe by stripe.

    Args:
        location: its URI, or the path of an unpacked copy.
        uri: the file, for messages.

    Raises:
        DamagedOrc: it cannot be read to its end.
    """
    with _stream(location, uri, "rows") as stream:
        yield from stream


@contextmanager
def _stream(location: str, uri: str, what: str) -> Iterator[pa.RecordBatchReader]:
    remote = is_in_s3(location)
    place = store_path(location) if remote else local_path(location) or location
    command = [sys.executable, "-c", _PROGRAM, place, what]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin and process.stdout and process.stderr  # noqa: S101
        try:
            # Keys go where no list of processes shows them.
            process.stdin.write(json.dumps(settings_in_use() if remote else None).encode())
            process.stdin.close()
            with pa.ipc.open_stream(process.stdout) as stream:
                yield stream
            # A reader that ends between two stripes leaves a stream that looks whole.
            if process.wait():
                raise EOFError
        except (pa.ArrowException, OSError, EOFError):
            told = process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            raise DamagedOrc(uri, told[-1].strip().rstrip(".")[:150] if told else "its reader gave up") from None
        finally:
            # What is not read any more is not written any more either.
            process.kill()
