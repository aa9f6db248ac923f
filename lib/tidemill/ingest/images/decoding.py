"""Decode bronze's images on the executors: no function of Spark does."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tidemill.contract.images import Images
from tidemill.quality import FAILURES_TYPE
from tidemill.quality.images import BYTES, DECODES, LABEL

NEEDED = ("path", "size", "sha256", "label", "height", "width", "content", "_unread", "_source", "_position")
SCHEMA = (
    "image_id string, path string, label string, pixels binary, height int, width int, channels int, "
    "original_height int, original_width int, phash string, size bigint, sha256 string, "
    f"_faults {FAILURES_TYPE}, _source string, _position string"
)
_TEXT, _FAULT = pa.string(), pa.struct([(name, pa.string()) for name in ("check", "column", "value", "message")])
_ARROW = pa.schema(
    [
        *[(name, _TEXT) for name in ("image_id", "path", "label")],
        ("pixels", pa.binary()),
        *[(name, pa.int32()) for name in ("height", "width", "channels", "original_height", "original_width")],
        ("phash", _TEXT),
        ("size", pa.int64()),
        ("sha256", _TEXT),
        ("_faults", pa.list_(_FAULT)),
        *[(name, _TEXT) for name in ("_source", "_position")],
    ]
)


def decoded(records: DataFrame, images: Images) -> DataFrame:
    """Decode images and bring them to the contract's mode and size.

    Args:
        records: bronze's images, see `sources.images.reading.image_records`.
        images: the contract's section.

    Returns:
        One row an image: image_id, path, label, pixels, height, width, channels, original_height, original_width and
        phash as silver has them (all but the first three null where the image has a fault), size bigint, sha256,
        _faults (FAILURES_TYPE; empty where there is none), _source, _position.
    """

    def decode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                yield decoded_batch(batch, images)

    return records.select(*NEEDED).mapInArrow(decode, SCHEMA)


def decoded_batch(batch: pa.RecordBatch, images: Images) -> pa.RecordBatch:
    """`decoded` for one batch."""
    # Pillow is needed where images are, on the executors.
    from tidemill.formats.images.decoding import Fault, Wanted  # noqa: PLC0415
    from tidemill.formats.images.preparing import Given, prepared  # noqa: PLC0415

    wanted = Wanted(images.size, images.mode, images.fit, images.min_size, images.max_pixels)
    records = batch.to_pylist()
    read = [record for record in records if record["content"] is not None]
    found = iter(prepared([Given(record["content"], record["height"], record["width"]) for record in read], wanted))
    rows = []
    for record in records:
        row = {**_told(record), "_faults": []}
        if record["content"] is None:
            check = BYTES if record["size"] > images.max_bytes else DECODES
            row["_faults"].append(_fault(check, None, None, record["_unread"]))
        elif isinstance(image := next(found), Fault):
            row["_faults"].append(_fault(image.check, None, image.value, image.message))
        else:
            height, width = images.size
            row |= {"pixels": image.pixels, "height": height, "width": width, "channels": images.channels}
            row |= {"original_height": image.height, "original_width": image.width, "phash": image.phash}
        if not record["label"]:
            row["_faults"].append(_fault(LABEL, "label", None, "expected a label, got nothing"))
        rows.append(row)
    columns = [_array([row.get(field.name) for row in rows], field.type) for field in _ARROW]
    return pa.RecordBatch.from_arrays(columns, schema=_ARROW)


def _array(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    if type != pa.binary():
        return pa.array(values, type)
    # By hand in one piece: Arrow's builder copies large values several times while it grows.
    ends = np.cumsum([0, *(len(value or b"") for value in values)], dtype=np.int32)
    missing = np.packbits([value is not None for value in values], bitorder="little")
    buffers = [pa.py_buffer(missing), pa.py_buffer(ends), pa.py_buffer(b"".join(value or b"" for value in values))]
    return pa.Array.from_buffers(type, len(values), buffers)


def _told(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "image_id": _image_id(record),
        **{name: record[name] for name in ("path", "label", "size", "sha256", "_source", "_position")},
    }


def _image_id(record: Mapping[str, Any]) -> str | None:
    """A file's hash; of an image in an IDX file that of its pixels and its place, as many of them may be the same."""
    if record["content"] is None or record["height"] is None:
        return record["sha256"]
    return hashlib.sha256(record["content"] + record["path"].encode()).hexdigest()


def _fault(check: str, column: str | None, value: str | None, message: str | None) -> dict[str, str | None]:
    return {"check": check, "column": column, "value": value, "message": message}
