"""Which of the files at a source are images, which hold labels, and which are neither."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from tidemill.contract.sources import ImagesSource
from tidemill.contract.sources.images import FOLDERS, IDX
from tidemill.errors import RunFailed
from tidemill.formats.location import canonical_uri, unquoted
from tidemill.sources.files import DeliveredFile, MissingSource

IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
_PATTERN = re.compile(r"[*?\[\]{}\\]")
_FOLDER_FIRST = re.compile(r"^(/|[A-Za-z][A-Za-z0-9+.\-]*:/)")

Lister = Callable[[str], Sequence[DeliveredFile]]


class NoImages(RunFailed):
    """The source's folder holds no image."""

    def __init__(self, dataset: str, path: str, others: Sequence[DeliveredFile]) -> None:
        found = f"it has {len(others)} other files, such as {others[0].uri}" if others else "it has no file"
        super().__init__(
            f"{dataset}: no image in {path}: {found}. Put the images there, or mend source.path in "
            f"conf/datasets/{dataset}.yaml."
        )


class NoLabels(RunFailed):
    """The file that holds the images' labels is not there."""

    def __init__(self, dataset: str, place: str) -> None:
        super().__init__(
            f"{dataset}: the labels are expected in {place}, and there is no such file. Deliver it, or mend "
            f"source.labels in conf/datasets/{dataset}.yaml."
        )


class Found(NamedTuple):
    """The files of a source: images, those that hold their labels, and the others."""

    images: list[DeliveredFile]
    labels: list[DeliveredFile]
    others: list[DeliveredFile]


def sorted_out(files: Sequence[DeliveredFile], source: ImagesSource, dataset: str, lister: Lister) -> Found:
    """Tell images, labels and others apart, by their names.

    Args:
        files: all that are at the source.
        source: of the contract.
        dataset: its name.
        lister: finds the file of labels.

    Raises:
        NoLabels: the file of labels is not there.
    """
    if source.labels == IDX:
        images = [file for file in files if "idx3" in _name(file)]
        labels = [file for file in files if "idx1" in _name(file)]
    else:
        images = [file for file in files if is_image(file.uri)]
        labels = [] if source.labels == FOLDERS else _label_file(source, dataset, lister)
    known = {file.uri for file in (*images, *labels)}
    return Found(images, labels, [file for file in files if file.uri not in known])


def relevant_files(
    files: Sequence[DeliveredFile], source: ImagesSource, dataset: str, lister: Lister
) -> list[DeliveredFile]:
    """The images and their labels' files: what a run remembers as taken; see `sorted_out`."""
    found = sorted_out(files, source, dataset, lister)
    return [*found.images, *found.labels]


def is_image(uri: str) -> bool:
    """Whether a file has the name of an image, or a name that tells nothing."""
    suffix = PurePosixPath(unquoted(uri)).suffix.lower()
    return not suffix or suffix in IMAGE_NAMES


def relative_path(uri: str, path: str) -> str:
    """A file's path below the source's folder.

    Args:
        uri: the file's.
        path: the source's: a folder, a glob or a file.
    """
    whole, folder = unquoted(uri), unquoted(canonical_uri(folder_of(path))).rstrip("/")
    return whole.removeprefix(f"{folder}/") if whole != folder else PurePosixPath(whole).name


def folder_of(path: str) -> str:
    """The folder that a path names, or that a glob's matches lie below."""
    found = _PATTERN.search(path)
    return path[: found.start()].rpartition("/")[0] or "/" if found else path.rstrip("/") or "/"


def label_place(source: ImagesSource) -> str:
    """Where a contract's file of labels is."""
    return source.labels if _FOLDER_FIRST.match(source.labels) else f"{folder_of(source.path)}/{source.labels}"


def _label_file(source: ImagesSource, dataset: str, lister: Lister) -> list[DeliveredFile]:
    place = label_place(source)
    try:
        found = list(lister(place))
    except MissingSource:
        found = []
    if len(found) != 1:
        raise NoLabels(dataset, place)
    return found


def _name(file: DeliveredFile) -> str:
    return PurePosixPath(unquoted(file.uri)).name
