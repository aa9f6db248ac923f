"""Fashion-MNIST as a Delta table in silver's layout, written without a JVM."""

import gzip
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake
from numpy.typing import NDArray

CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
ROWS_A_GROUP = 256


def fashion(folder: Path, part: str, images: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The first images of a part (train, t10k) and their classes: uint8 [n, 28, 28, 1] and [n]."""
    pixels = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    return (
        np.frombuffer(pixels, np.uint8).reshape(-1, 28, 28, 1)[:images],
        np.frombuffer(labels, np.uint8)[:images],
    )


def write_table(where: Path, images: NDArray[np.uint8], classes: NDArray[np.uint8]) -> str:
    """A table of one training split, sorted by hash; its path."""
    count, height, width, channels = images.shape
    rows = sorted((sha256(image.tobytes()).hexdigest(), number) for number, image in enumerate(images))
    order = [number for _, number in rows]
    table = pa.table(
        {
            "image_id": [digest for digest, _ in rows],
            "path": [f"train-images-idx3-ubyte.gz#{number}" for number in order],
            "label": [CLASSES[classes[number]] for number in order],
            "split": ["train"] * count,
            "pixels": pa.array([images[number].tobytes() for number in order], pa.binary()),
            "height": pa.array([height] * count, pa.int32()),
            "width": pa.array([width] * count, pa.int32()),
            "channels": pa.array([channels] * count, pa.int32()),
        }
    )
    properties = WriterProperties(max_row_group_size=ROWS_A_GROUP, compression="SNAPPY")
    write_deltalake(str(where), table, writer_properties=properties)
    return str(where)
