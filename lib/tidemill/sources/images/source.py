"""A folder of images as a source: each file is taken once, and again where it or its label changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.sources import ImagesSource
from tidemill.contract.sources.images import FOLDERS, IDX
from tidemill.formats.images.idx import IMAGES, LABELS, idx_header
from tidemill.lake import Lake, Mark, Taken, TakenFiles
from tidemill.sources.files import ChangedFile, DeliveredFile, list_files
from tidemill.sources.files.source import as_taken, file_json, files_of
from tidemill.sources.images.labels import folder_label, idx_label_file, label_lines, missing_files
from tidemill.sources.images.listing import Found, NoImages, NoLabels, relative_path, sorted_out
from tidemill.sources.images.reading import image_records
from tidemill.sources.source import Json, Slice, Source

Described = dict[str, dict[str, Any]]


class ImageFolder(Source):
    """The images of a contract's folder or glob; see `tidemill.sources.source.Source`.

    Args:
        lake: where the record of taken files is.
        contract: whose source is of the kind images.
        unfinished: the id of a run that has not ended; what it took still waits.
    """

    def __init__(self, lake: Lake, contract: Contract, unfinished: str | None = None) -> None:
        assert isinstance(contract.source, ImagesSource) and contract.images  # noqa: S101 - asked for before
        self._lake = lake
        self._name = contract.name
        self._source = contract.source
        self._images = contract.images
        self._taken = TakenFiles(lake, contract.name, unfinished)

    def waiting(self, progress: Json | None) -> Slice | None:
        """The images that no committed run has taken as they and their labels are now; all where no progress is.

        Raises:
            NoImages: there is none.
            NoLabels, WrongLabels, WrongIdx: the labels cannot be read.
            ChangedFile: a file was replaced, and the contract refuses that.
        """
        spark = self._lake.spark
        found = sorted_out(
            list_files(spark, self._source.path), self._source, self._name, lambda place: list_files(spark, place)
        )
        if not found.images and not self._taken.apart_from:
            raise NoImages(self._name, self._source.path, found.others)
        taken = self._taken.newest(file.uri for file in (*found.images, *found.labels))
        changed = {file.uri for file in found.images if file.uri in taken and not as_taken(file, taken[file.uri])}
        if changed and self._source.on_change == "refuse":
            raise ChangedFile(self._name, min(changed))
        new_labels = {file.uri for file in found.labels if file.uri in taken and not as_taken(file, taken[file.uri])}
        if progress is not None and not changed and not new_labels and all(f.uri in taken for f in found.images):
            return None
        described, notes = self._described(found)
        changed |= self._relabelled(described, new_labels)
        again = progress is None
        waiting = [file for file in found.images if again or file.uri not in taken or file.uri in changed]
        if not waiting:
            return None
        return Slice(
            range={
                "files": [{**file_json(file), **described[file.uri]} for file in waiting],
                "label_files": [file_json(file) for file in found.labels],
            },
            progress={"images": len(found.images)},
            replaced=tuple(sorted(file.uri for file in waiting if file.uri in taken)),
            size=sum(file.size for file in waiting),
            notes=notes,
        )

    def rows(self, taken: Slice) -> DataFrame:
        """The images of the slice; see `image_records`."""
        return image_records(self._lake.spark, taken.range["files"], self._images)

    def record(self, taken: Slice, mark: Mark) -> None:
        """Remember the slice's files, and those of their labels, as taken."""
        labels = [
            DeliveredFile(file["uri"], file["size"], datetime.fromisoformat(file["modified_at"]))
            for file in taken.range["label_files"]
        ]
        files = {file.uri: Taken(file.size, file.modified_at, [file.uri]) for file in files_of(taken.range)}
        self._taken.record(files | {file.uri: Taken(file.size, file.modified_at, []) for file in labels}, mark)

    def _described(self, found: Found) -> tuple[Described, tuple[str, ...]]:
        """Of each image what `image_records` needs beside its place and size, and what is to be told."""
        paths = {file.uri: relative_path(file.uri, self._source.path) for file in found.images}
        others = f"{len(found.others)} files are no images, such as {found.others[0].uri}." if found.others else ""
        if self._source.labels == IDX:
            return self._idx(found, paths), tuple(filter(None, (others,)))
        if self._source.labels == FOLDERS:
            return {uri: {"path": path, "label": folder_label(path)} for uri, path in paths.items()}, tuple(
                filter(None, (others,))
            )
        (file,) = found.labels
        labels = label_lines(file.uri)
        told = missing_files(labels, list(paths.values()), file.uri)
        # The file of labels lies among the images, mostly.
        described = {uri: {"path": path, "label": labels.get(path)} for uri, path in paths.items()}
        return described, tuple(filter(None, (others, told)))

    def _idx(self, found: Found, paths: Mapping[str, str]) -> Described:
        described: Described = {}
        for file in found.images:
            labels = idx_label_file(file, found.labels)
            if isinstance(labels, str):
                raise NoLabels(self._name, labels)
            idx_header(file.uri, IMAGES)
            idx_header(labels.uri, LABELS)
            described[file.uri] = {"path": paths[file.uri], "labels": labels.uri}
        return described

    def _relabelled(self, described: Described, new_labels: set[str]) -> set[str]:
        """The images that bronze has with another label than they have now."""
        if not new_labels:
            return set()
        if self._source.labels == IDX:
            return {uri for uri, image in described.items() if image["labels"] in new_labels}
        bronze = f"bronze.{self._name}"
        if not self._lake.exists(bronze):
            return set()
        newest = F.max_by(F.struct("label"), "_ingested_at").alias("newest")
        known = self._lake.read(bronze).groupBy("_source").agg(newest).select("_source", "newest.label")
        # As many as the listing has, which the driver holds already.
        return {uri for uri, label in known.toLocalIterator() if uri in described and described[uri]["label"] != label}
