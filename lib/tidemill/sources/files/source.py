"""A folder of files as a source: each file is taken once, and again where it changed under its name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame

from tidemill.contract import Contract
from tidemill.contract.sources import FilesSource
from tidemill.errors import RunFailed
from tidemill.formats import Recognised, delivered, recognise_each, source_uri
from tidemill.lake import Lake, Mark, Taken, TakenFiles
from tidemill.sources.files.delivery import WITH_ALL_COLUMNS, Delivery
from tidemill.sources.files.listing import DeliveredFile, list_files
from tidemill.sources.source import Json, Slice, Source


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


class FileFolder(Source):
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
        waiting = [file for file in files if again or file.uri not in taken or not as_taken(file, taken[file.uri])]
        if not waiting:
            return None
        known = [file.uri for file in waiting if file.uri in taken]
        changed = [file.uri for file in waiting if file.uri in taken and not as_taken(file, taken[file.uri])]
        if changed and self._source.on_change == "refuse":
            raise ChangedFile(self._contract.name, changed[0])
        found = self._recognised(waiting)
        replaced = {
            source
            for uri in known
            for source in (*taken[uri].sources, *(source_uri(uri, one.member) for one in found[uri]))
        }
        return self._slice(waiting, found, tuple(sorted(replaced)), progress or {})

    def rows(self, taken: Slice) -> DataFrame:
        """The records of the slice's files."""
        recognised = [(file["uri"], shape) for file, shapes in _with_shapes(taken) for shape in shapes]
        return delivered(self._lake.spark, recognised, self._contract.delivered_names)

    def record(self, taken: Slice, mark: Mark) -> None:
        """Remember the slice's files as taken."""
        files = {
            file.uri: Taken(file.size, file.modified_at, [source_uri(file.uri, shape.member) for shape in shapes])
            for file, (_, shapes) in zip(files_of(taken.range), _with_shapes(taken), strict=True)
        }
        self._taken.record(files, mark)

    def _recognised(self, files: Sequence[DeliveredFile]) -> dict[str, list[Recognised]]:
        """How to read each file; several ways where it is an archive of several."""
        uris = [file.uri for file in files]
        found = recognise_each(self._lake.spark, uris, self._source.format, self._source.records)
        return dict(zip(uris, found, strict=True))

    def _slice(
        self,
        files: Sequence[DeliveredFile],
        found: dict[str, list[Recognised]],
        replaced: tuple[str, ...],
        before: Json,
    ) -> Slice:
        shapes: dict[str, int] = {}
        # Most files of a folder are alike but for their size.
        listed = [
            file_json(file) | {"shapes": [shapes.setdefault(_shape(one), len(shapes)) for one in found[file.uri]]}
            for file in files
        ]
        delivery = Delivery.of(self._contract, found)
        return Slice(
            range={"files": listed, "shapes": list(shapes)},
            progress={"columns": delivery.names, "types": delivery.types},
            replaced=replaced,
            size=sum(file.size for file in files),
            lacks=delivery.lacks(),
            notes=delivery.notes(before),
            unlisted=any(one.format not in WITH_ALL_COLUMNS for each in found.values() for one in each),
        )


def files_of(taken: Json) -> list[DeliveredFile]:
    """The files of a slice."""
    return [
        DeliveredFile(file["uri"], file["size"], datetime.fromisoformat(file["modified_at"])) for file in taken["files"]
    ]


def file_json(file: DeliveredFile) -> dict[str, Any]:
    """A file as `files_of` finds it again."""
    return {"uri": file.uri, "size": file.size, "modified_at": file.modified_at.astimezone(UTC).isoformat()}


def as_taken(file: DeliveredFile, taken: Taken) -> bool:
    """Whether a file is still as a run took it."""
    return (taken.size, taken.modified_at) == (file.size, file.modified_at)


def _shape(recognised: Recognised) -> str:
    return replace(recognised, size=0, why=()).to_json()


def _with_shapes(taken: Slice) -> list[tuple[Json, list[Recognised]]]:
    shapes = [Recognised.from_json(shape) for shape in taken.range["shapes"]]
    return [
        (file, [replace(shapes[place], size=file["size"]) for place in file["shapes"]]) for file in taken.range["files"]
    ]
