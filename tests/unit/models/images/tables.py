"""Small tables of images in silver's layout, written without a JVM."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake

SHAPE = (4, 3, 1)


def some_images(count: int, shape: tuple[int, int, int] = SHAPE, first: int = 0) -> np.ndarray:
    """Images that differ from each other: uint8 [count, height, width, channels]."""
    return np.stack([np.random.default_rng(first + one).integers(0, 256, shape, np.uint8) for one in range(count)])


def silver(images: np.ndarray, labels: Sequence[str | None], splits: Sequence[str | None]) -> pa.Table:
    """The columns that the feed reads, and one that it does not."""
    count, (height, width, channels) = len(images), images.shape[1:]
    sizes = {"height": height, "width": width, "channels": channels}
    return pa.table(
        {
            "image_id": [f"{one:08d}" for one in range(count)],
            "label": pa.array(labels, pa.string()),
            "split": pa.array(splits, pa.string()),
            "pixels": pa.array([image.tobytes() for image in images], pa.binary()),
            **{name: pa.array([size] * count, pa.int32()) for name, size in sizes.items()},
        }
    )


def write(where: Path, table: pa.Table, rows_a_group: int = 7, **options: Any) -> str:
    """Write or append a table with small row groups; its path."""
    properties = WriterProperties(max_row_group_size=rows_a_group)
    write_deltalake(str(where), table, mode="append", writer_properties=properties, **options)
    return str(where)


def write_split(where: Path, count: int, split: str = "train", rows_a_group: int = 7) -> tuple[str, np.ndarray]:
    """A table of one split with the labels a and b in turn; its path and its images."""
    images = some_images(count)
    labels = ["ab"[one % 2] for one in range(count)]
    return write(where, silver(images, labels, [split] * count), rows_a_group), images


def commit(where: Path, version: int, *actions: dict[str, Any]) -> None:
    """Add a commit to a table's log by hand, for what deltalake does not write."""
    log = where / "_delta_log" / f"{version:020d}.json"
    log.write_text("\n".join(json.dumps(action) for action in actions), encoding="utf-8")
