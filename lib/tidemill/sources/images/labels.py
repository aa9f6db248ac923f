"""An image's label: the name of its folder, or what a file of labels says."""

import csv
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import PurePosixPath

from tidemill.errors import RunFailed, nearest
from tidemill.formats.location import open_file, shown_path, unquoted
from tidemill.sources.files import DeliveredFile

COLUMNS = ("path", "label")


class WrongLabels(RunFailed):
    """A file of labels cannot be understood, or says two things of one image."""

    def __init__(self, uri: str, problem: str) -> None:
        super().__init__(f"{shown_path(uri)}: {problem}. Mend the file; nothing was read.")


def folder_label(path: str) -> str | None:
    """The label of an image by the folder that it lies in; None where it lies in none.

    Args:
        path: below the source's folder, as in `cats/1.png` or `test/cats/1.png`.
    """
    return PurePosixPath(path).parent.name or None


def label_lines(uri: str) -> dict[str, str]:
    """The labels by path that a CSV file tells: some 200 bytes of memory for each of its lines.

    Args:
        uri: of a file in UTF-8 whose header names at least the columns path and label.

    Raises:
        WrongLabels: it has no such columns, a line lacks one, or two lines disagree.
        MissingFile: it is gone.
    """
    with open_file(uri) as content, TextIOWrapper(content, encoding="utf-8-sig", newline="") as text:
        lines = csv.reader(text)
        try:
            places = _places(next(lines, []), uri)
            found: dict[str, str] = {}
            for line in lines:
                if not line:
                    continue
                path, label = (line[place].strip() if place < len(line) else "" for place in places)
                if not path or not label:
                    raise WrongLabels(uri, f"line {lines.line_num}: expected a path and a label, got {line!r:.100}")
                if found.setdefault(_plain(path), label) != label:
                    other = found[_plain(path)]
                    raise WrongLabels(uri, f"line {lines.line_num}: {path} is '{label}' here and '{other}' before")
        except (csv.Error, UnicodeDecodeError) as error:
            raise WrongLabels(uri, f"expected CSV in UTF-8: {error}") from error
    return found


def idx_label_file(images: DeliveredFile, labels: Sequence[DeliveredFile]) -> DeliveredFile | str:
    """The file of the labels of an IDX file of images, or the name that it should have.

    `train-images-idx3-ubyte.gz` has its labels in `train-labels-idx1-ubyte.gz`, compressed or not.
    """
    folder, _, name = unquoted(images.uri).rpartition("/")
    wanted = name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    known = {unquoted(file.uri): file for file in labels}
    for place in (f"{folder}/{wanted}", f"{folder}/{wanted}.gz"):
        if place in known:
            return known[place]
    return f"{folder}/{wanted}"


def missing_files(labels: Mapping[str, str], delivered: Sequence[str], uri: str) -> str:
    """What a file of labels says of images that were not delivered, in words; empty where it says nothing."""
    gone = labels.keys() - set(delivered)
    if not gone:
        return ""
    return f"{shown_path(uri)} has the labels of {len(gone):,} images that are not there, such as {min(gone)}."


def _places(header: Sequence[str], uri: str) -> tuple[int, int]:
    names = [name.strip().lower() for name in header]
    for column in COLUMNS:
        if column not in names:
            hint = nearest(column, names)
            got = ", ".join(header)[:200] or "nothing"
            raise WrongLabels(uri, f"expected the columns path and label, got {got}{'. ' + hint if hint else ''}")
    return names.index(COLUMNS[0]), names.index(COLUMNS[1])


def _plain(path: str) -> str:
    return str(PurePosixPath(path))
