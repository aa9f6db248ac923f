"""Row groups of a snapshot read by Petastorm, in the order that a plan asks for."""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from petastorm.reader import Reader
from petastorm.workers_pool import EmptyResultError
from petastorm.workers_pool.dummy_pool import DummyPool
from petastorm.workers_pool.ventilator import Ventilator
from petastorm.workers_pool.worker_base import WorkerBase
from pyarrow import fs

from tidemill.errors import RunFailed
from tidemill.models.images.feeding.ahead import read_ahead
from tidemill.models.images.feeding.assembling import Group
from tidemill.models.images.feeding.pinning import opened_filesystem
from tidemill.models.images.feeding.snapshot import RowGroup, Snapshot
from tidemill.models.images.feeding.sources import Source, window_of

# Decoded row groups that wait to be used: as many as fit, one at least.
AHEAD_BYTES = 64 << 20
AHEAD_GROUPS = 16
# Small images are decoded by one thread faster than they are used by any network.
SMALL_IMAGE = 16 << 10
DECODERS = 4
OPEN_FILES = 16


class ImagesDamaged(RunFailed):
    """A file of a pinned version does not hold what the version says."""

    def __init__(self, path: str, group: RowGroup, why: str) -> None:
        super().__init__(
            f"{path}/{group.file}, row group {group.number}, cannot be read: {' '.join(why.split())[:300]}. If it was "
            "vacuumed, pin a newer version; else write the table again by ingest.py --from bronze."
        )


class PlannedReader(Reader):
    """Petastorm's reader, given the row groups to read one after another, repeated ones too.

    Its own constructor lists the row groups of all files anew and reads them in an order of its own. It reads in the
    thread that asks, as its threads look for work a thousand times a second, which the training loop pays for.

    Args:
        snapshot: what to read.
        split: the rows to keep.
        groups: row groups with rows of the split, in the planned order.
    """

    def __init__(self, snapshot: Snapshot, split: str, groups: Sequence[RowGroup]) -> None:
        self.num_epochs = 1
        self.schema = self.ngram = None
        self.is_batched_reader = True
        self.last_row_consumed = self.stopped = False
        self._workers_pool = DummyPool()
        self._results_queue_reader = RowGroupWorker.new_results_queue_reader()
        self.ventilator = PlannedVentilator(self._workers_pool.ventilate, groups)
        self._workers_pool.start(RowGroupWorker, (snapshot, split), ventilator=self.ventilator)


class PlannedVentilator(Ventilator):
    """Hands all the work out at once; it is nothing but names."""

    def __init__(self, ventilate_fn: Callable[[RowGroup], None], groups: Sequence[RowGroup]) -> None:
        super().__init__(ventilate_fn)
        self._groups = groups

    def start(self) -> None:
        """Hand it out."""
        for group in self._groups:
            self._ventilate_fn(group)

    def processed_item(self) -> None:
        """A row group was read."""

    def completed(self) -> bool:
        """Whether all is handed out."""
        return True

    def stop(self) -> None:
        """Nothing is left to stop."""


class RowGroupWorker(WorkerBase):
    """Reads row groups."""

    def __init__(self, worker_id: int, publish_func: Callable[[Group], None], args: tuple[Snapshot, str]) -> None:
        super().__init__(worker_id, publish_func, args)
        self._snapshot, self._split = args
        self._classes = pa.array(self._snapshot.classes, pa.string())
        self._files = _OpenFiles(opened_filesystem(self._snapshot.path, self._snapshot.options))

    @staticmethod
    def new_results_queue_reader() -> "ResultsReader":
        """What takes the results from the pool."""
        return ResultsReader()

    def process(self, group: RowGroup) -> None:
        """Read one row group.

        Raises:
            ImagesDamaged: it is gone, or holds something else than the snapshot says.
        """
        try:
            self.publish_func(self._read(group))
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ImagesDamaged(self._snapshot.path, group, str(error)) from error

    def _read(self, group: RowGroup) -> Group:
        shared = group.rows[self._split] < group.total
        wanted = ["pixels", "label", *(["split"] if shared else [])]
        columns = [name for name in wanted if name not in group.partition]
        table = self._files.opened(group.file).read_row_group(group.number, columns, use_threads=False)
        if shared:
            table = table.filter(pc.equal(table["split"], self._split))
        if table.num_rows != group.rows[self._split]:
            raise ValueError(f"{table.num_rows} rows of {self._split}, where {group.rows[self._split]} were expected")
        if "label" in group.partition:
            classes = np.full(table.num_rows, self._snapshot.classes.index(str(group.partition["label"])), np.int64)
        else:
            found = pc.index_in(table["label"].cast(pa.string()), self._classes)
            classes = found.to_numpy().astype(np.int64)
        return Group(_images(table["pixels"], self._snapshot.shape), classes)


class ResultsReader:
    """Takes results from the pool as they are."""

    batched_output = True

    def read_next(self, workers_pool: DummyPool, schema: None, ngram: None) -> Group:
        """The next row group."""
        try:
            return workers_pool.get_results()
        except EmptyResultError:
            raise StopIteration from None


class _OpenFiles:
    """Parquet files kept open, the last used ones."""

    def __init__(self, filesystem: fs.FileSystem) -> None:
        self._filesystem = filesystem
        self._files: dict[str, pq.ParquetFile] = {}

    def opened(self, path: str) -> pq.ParquetFile:
        file = self._files.pop(path, None) or pq.ParquetFile(self._filesystem.open_input_file(path))
        self._files[path] = file
        if len(self._files) > OPEN_FILES:
            self._files.pop(next(iter(self._files))).close(force=True)
        return file


def _images(column: pa.ChunkedArray, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Pixels as an array, without a copy where they are one chunk."""
    size = int(np.prod(shape))
    lengths = pc.unique(pc.binary_length(column)).to_pylist()
    if lengths not in ([size], []):
        raise ValueError(f"an image of {next(one for one in lengths if one != size)} bytes, where {size} were expected")
    pieces = [_flat(chunk, size) for chunk in column.chunks if len(chunk)]
    flat = pieces[0] if len(pieces) == 1 else np.concatenate([*pieces, np.empty(0, np.uint8)])
    return flat.reshape(-1, *shape)


def _flat(chunk: pa.Array, size: int) -> NDArray[np.uint8]:
    _, offsets, data = chunk.buffers()
    width = np.int64 if pa.types.is_large_binary(chunk.type) else np.int32
    first = int(np.frombuffer(offsets, width)[chunk.offset])
    return np.frombuffer(data, np.uint8)[first : first + len(chunk) * size]


def petastorm_source(snapshot: Snapshot, split: str) -> Source:
    """The row groups of a split, read by Petastorm in the background.

    Raises:
        EmptySplit: the split has no images.
        UnknownLabels: an image has a label that is no class.
    """
    groups = snapshot.of(split)
    image = int(np.prod(snapshot.shape))
    decoders = 1 if image <= SMALL_IMAGE else min(DECODERS, max(1, (os.cpu_count() or 1) // 2))
    depth = AHEAD_BYTES // (decoders * image * max(group.total for group in groups))

    def read(numbers: Sequence[int]) -> Generator[Group, None, None]:
        planned = [groups[number] for number in numbers]
        # The decoders take row groups in turn and are asked in turn, so that the order is the planned one.
        shares = [planned[first::decoders] for first in range(min(decoders, len(planned)))]
        with ExitStack() as stack:
            decoded = [
                stack.enter_context(
                    closing(read_ahead(partial(_decoded, snapshot, split, share), min(max(1, depth), AHEAD_GROUPS)))
                )
                for share in shares
            ]
            for number in range(len(planned)):
                yield next(decoded[number % decoders])

    sizes = tuple(group.rows[split] for group in groups)
    like = np.empty((0, *snapshot.shape), np.uint8)
    counted = tuple(snapshot.labels[split].get(label, 0) for label in snapshot.classes)
    return Source(read, sizes, snapshot.classes, counted, like, window_of(image))


def _decoded(snapshot: Snapshot, split: str, groups: Sequence[RowGroup]) -> Generator[Group, None, None]:
    with PlannedReader(snapshot, split, groups) as reader:
        yield from reader
