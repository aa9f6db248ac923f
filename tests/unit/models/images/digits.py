"""Handwritten digits as the silver table that ingest.py makes of them, written without a JVM."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SPLITS = ("train", "validation", "test")


def write_digits(lake: str | Path, share: float = 1.0, classes: Sequence[int] = tuple(range(10)), seed: int = 7) -> str:
    """Write silver.digits, or a further version of it.

    Args:
        lake: its root.
        share: of the 1,797 digits that are taken.
        classes: of them.
        seed: of the splits.

    Returns:
        The table's path.
    """
    digits = load_digits()
    known = np.flatnonzero(np.isin(digits.target, classes))
    taken = known if share == 1 else train_test_split(known, train_size=share, random_state=0)[0]
    images, labels = np.rint(digits.images[taken] * 255 / 16).astype(np.uint8), digits.target[taken]
    splits = _splits(labels, seed)
    ids = [sha256(image.tobytes()).hexdigest() for image in images]
    order = sorted(range(len(taken)), key=lambda at: (splits[at], ids[at]))
    sizes = {"height": 8, "width": 8, "channels": 1}
    table = pa.table(
        {
            "image_id": [ids[at] for at in order],
            "path": [f"digits/{labels[at]}/{taken[at]}.png" for at in order],
            "label": [str(labels[at]) for at in order],
            "split": [splits[at] for at in order],
            "pixels": pa.array([images[at].tobytes() for at in order], pa.binary()),
            **{name: pa.array([size] * len(order), pa.int32()) for name, size in sizes.items()},
        }
    )
    path = str(Path(lake) / "silver" / "digits")
    write_deltalake(path, table, mode="overwrite", writer_properties=WriterProperties(max_row_group_size=256))
    return path


def _splits(labels: np.ndarray, seed: int) -> list[str]:
    """65 % to train, 15 % to validate, 20 % to test, of each class."""
    at = np.arange(len(labels))
    rest, test = train_test_split(at, test_size=0.2, random_state=seed, stratify=labels)
    train, validation = train_test_split(rest, test_size=0.1875, random_state=seed, stratify=labels[rest])
    found = np.empty(len(labels), object)
    for name, chosen in zip(SPLITS, (train, validation, test), strict=True):
        found[chosen] = name
    return found.tolist()
