"""Image files in a folder, each with a label."""

from typing import Literal

from pydantic import Field, field_validator

from tidemill.config import Frozen
from tidemill.errors import nearest

FOLDERS, IDX = "folders", "idx"


class ImagesSource(Frozen):
    """Image files in a folder, or those a glob names.

    Attributes:
        path: the folder or glob.
        labels: where an image's label is: `folders` (the name of the folder that it lies in), `FILE.csv` (with the
            columns path and label; the file's place and the paths in it are relative to the source's folder), or
            `idx` (a file of labels beside each file of images; LeCun's format, as of MNIST).
        on_change: of a file that was replaced under its name.
    """

    kind: Literal["images"]
    path: str = Field(min_length=1)
    labels: str = FOLDERS
    on_change: Literal["reload", "refuse"] = "reload"

    @field_validator("labels")
    @classmethod
    def _is_known(cls, labels: str) -> str:
        if labels in (FOLDERS, IDX) or labels.lower().endswith(".csv"):
            return labels
        raise ValueError(
            f"expected {FOLDERS}, {IDX} or the name of a .csv file, got '{labels}'. {nearest(labels, (FOLDERS, IDX))}"
        )
