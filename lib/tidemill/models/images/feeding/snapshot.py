"""One version of a Delta table of images: its files, its row groups and what each holds of every split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from tidemill.errors import RequestWrong, suggestion

TRAIN = "train"


class EmptySplit(RequestWrong):
    """The split has no images."""

    def __init__(self, path: str, version: int, split: str, splits: Mapping[str, int]) -> None:
        there = ", ".join(f"{name} ({rows})" for name, rows in sorted(splits.items())) or "none"
        super().__init__(
            f"{path}, version {version}, has no images in the split '{split}'. {suggestion(split, splits)} Splits "
            f"there: {there}. Set the shares of the splits in the dataset's contract and divide anew: "
            "ingest.py --dataset NAME --from bronze."
        )


class UnknownLabels(RequestWrong):
    """Images of a split have labels that no image of the training split has, or none."""

    def __init__(self, path: str, split: str, labels: Mapping[str | None, int]) -> None:
        told = [f"{'no label' if label is None else repr(label)} ({rows})" for label, rows in labels.items()]
        super().__init__(
            f"{path}: images in the split '{split}' have labels that the split '{TRAIN}' lacks: "
            f"{', '.join(sorted(told)[:5])}{' and more' if len(told) > 5 else ''}. Each class needs one to train on."
        )


@dataclass(frozen=True)
class RowGroup:
    """A row group of a file.

    Attributes:
        file: its path within the table.
        number: within the file.
        total: its rows.
        rows: how many of them each split has.
        partition: the values of the columns that the file does not hold, as text.
    """

    file: str
    number: int
    total: int
    rows: Mapping[str, int]
    partition: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """A pinned version of a table of images; plain values, so that the driver can hand it to every rank.

    Attributes:
        path: a folder or a store's URI.
        table_id: Delta's own.
        version: of the table.
        groups: all row groups, files by path. Samples of a split are numbered in this order.
        labels: the images of each label in each split.
        shape: height, width and channels of every image.
        options: what the store is opened with.
    """

    path: str
    table_id: str
    version: int
    groups: tuple[RowGroup, ...]
    labels: Mapping[str, Mapping[str | None, int]]
    shape: tuple[int, int, int]
    options: Mapping[str, str] | None = field(default=None, repr=False)

    @cached_property
    def splits(self) -> dict[str, int]:
        """The images of each split."""
        return {split: sum(labels.values()) for split, labels in self.labels.items()}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The labels of the training split, sorted: a class is the index of its label."""
        return tuple(sorted(label for label in self.labels.get(TRAIN, {}) if label is not None))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what the snapshot holds; ranks with the same one see the same samples under the same keys."""
        digest = sha256(f"{self.table_id} {self.version} {self.shape}".encode())
        for group in self.groups:
            digest.update(f"\n{group.file} {group.number} {sorted(group.rows.items())}".encode())
        return digest.hexdigest()

    def of(self, split: str) -> tuple[RowGroup, ...]:
        """The row groups that hold rows of a split.

        Raises:
            EmptySplit: there are none.
            UnknownLabels: an image has a label that is no class.
        """
        if not self.splits.get(split):
            raise EmptySplit(self.path, self.version, split, self.splits)
        known = set(self.classes)
        unknown = {label: rows for label, rows in self.labels[split].items() if label not in known}
        if unknown:
            raise UnknownLabels(self.path, split, unknown)
        return tuple(group for group in self.groups if group.rows.get(split))
