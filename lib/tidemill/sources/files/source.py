"""A folder of files as a source: each file is taken once, and again where it changed under its name."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame

from tidemill.contract import Contract
from tidemill.contract.sources import FilesSource
from tidemill.errors import RunFailed, nearest
from tidemill.formats import Recognised, delivered, recognise
from tidemill.lake import Lake, Mark, TakenFiles
from tidemill.sources.files.listing import DeliveredFile, list_files
from tidemill.sources.source import Json, Slice

# Only heads and tails of files are read while they are recognised, so that waiting for them is most of the time.
READERS = 8


class NoFiles(RunFailed):
    """The source's folder holds no file."""

    def __init__(self, dataset: str, path: str) -> None:
        super().__init__(
            f"{dataset}: no file in {path}. Put the delivery there, or mend source.path in "
            f"conf/datasets/{dataset}.yaml."
        )


class ChangedFile(RunFailed):
    """A file was replaced under its name, and the contract refuses that."""

    def __init__(self, dataset: str, uri: str) -> None:
        super().__init__(
            f"{dataset}: {uri} changed since it was taken, and source.on_change is refuse. Deliver it under a "
            "new name, or set on_change: reload, so that its earlier rows give way."
        )


class FileFolder:
    """The files of a contract's folder, glob or path; see `tidemill.sources.source.Source`.

    Args:
        lake: where the record of taken files is.
        contract: whose source is of the kind files.
        unfinished: the id of a run that has not ended; what it took still waits.
        files: those to choose from, where something else has listed them.
    """

    def __init__(
        self,
        lake: Lake,
        contract: Contract,
        unfinished: str | None = None,
        files: Sequence[DeliveredFile] | None = None,
    ) -> None:
        assert isinstance(contract.source, FilesSource)  # noqa: S101 - the kind was asked for before
        self._lake = lake
        self._contract = contract
        self._source = contract.source
        self._taken = TakenFiles(lake, contract.name, unfinished)
        self._files = files

    def waiting(self, progress: Json | None) -> Slice | None:
        """The files that no committed run has taken as they are now; all of them where there is no progress."""
        files = list_files(self._lake.spark, self._source.path) if self._files is None else self._files
        if not files and self._files is None and not self._taken.apart_from:
            raise NoFiles(self._contract.name, self._source.path)
        taken = self._taken.newest(file.uri for file in files)
        again = progress is None
        waiting = [file for file in files if again or taken.get(file.uri) != (file.size, file.modified_at)]
        if not waiting:
            return None
        changed = [file.uri for file in waiting if file.uri in taken and not _as_taken(file, taken[file.uri])]
        if changed and self._source.on_change == "refuse":
            raise ChangedFile(self._contract.name, changed[0])
        return self._slice(waiting, tuple(file.uri for file in waiting if file.uri in taken))

    def rows(self, taken: Slice) -> DataFrame:
        """The records of the slice's files."""
        shapes = [Recognised.from_json(shape) for shape in taken.range["shapes"]]
        recognised = [(file["uri"], replace(shapes[file["shape"]], size=file["size"])) for file in taken.range["files"]]
        return delivered(self._lake.spark, recognised, self._contract.delivered_names)

    def record(self, taken: Slice, mark: Mark) -> None:
        """Remember the slice's files as taken."""
        files = [(file.uri, file.size, file.modified_at) for file in files_of(taken.range)]
        self._taken.record(files, mark)

    def release(self, taken: Slice) -> None:
        """Nothing is kept for a slice."""

    def _slice(self, files: Sequence[DeliveredFile], replaced: tuple[str, ...]) -> Slice:
        with ThreadPoolExecutor(READERS) as readers:
            found = list(readers.map(lambda file: recognise(file.uri, self._source.format), files))
        shapes: dict[str, int] = {}
        listed = []
        for file, recognised in zip(files, found, strict=True):
            # Most files of a folder are alike but for their size.
            shape = replace(recognised, size=0, why=()).to_json()
            place = shapes.setdefault(shape, len(shapes))
            listed.append(_as_json(file) | {"shape": place})
        return Slice(
            range={"files": listed, "shapes": list(shapes)},
            progress={},
            replaced=replaced,
            size=sum(file.size for file in files),
            lacks=self._lacking(files, found),
        )

    def _lacking(self, files: Sequence[DeliveredFile], found: Sequence[Recognised]) -> str:
        for file, recognised in zip(files, found, strict=True):
            if recognised.format not in ("csv", "parquet"):
                continue
            for name, column in self._contract.columns.items():
                wanted = self._contract.delivered_name(name)
                if column.required and wanted not in recognised.columns and "." not in wanted:
                    setting = f"Set 'from' under columns.{name} in conf/datasets/{self._contract.name}.yaml."
                    return (
                        f"{file.uri} has no column '{wanted}', which the contract requires. It has: "
                        f"{', '.join(recognised.columns[:20])}. "
                        f"{' '.join(filter(None, (nearest(wanted, recognised.columns), setting)))}"
                    )
        return ""


def files_of(taken: Json) -> list[DeliveredFile]:
    """The files of a slice."""
    return [
        DeliveredFile(file["uri"], file["size"], datetime.fromisoformat(file["modified_at"])) for file in taken["files"]
    ]


def _as_json(file: DeliveredFile) -> dict[str, Any]:
    return {"uri": file.uri, "size": file.size, "modified_at": file.modified_at.astimezone(UTC).isoformat()}


def _as_taken(file: DeliveredFile, taken: tuple[int, datetime]) -> bool:
    return taken == (file.size, file.modified_at)
