from io import BytesIO

import pyarrow as pa
from PIL import Image

from tidemill.contract.images import Images
from tidemill.ingest.images.decoding import NEEDED, decoded_batch

SECTION = Images(size=(4, 6), mode="L", max_bytes=1000)


def png(shade):
    content = BytesIO()
    Image.new("L", (6, 4), shade).save(content, "PNG")
    return content.getvalue()


def batch(*records):
    blank = dict.fromkeys(NEEDED)
    given = {"path": "a", "size": 10, "sha256": "f" * 64, "label": "cat", "_source": "file:///a", "_position": "1"}
    rows = [{**blank, **given, **record} for record in records]
    types = {"size": pa.int64(), "height": pa.int32(), "width": pa.int32(), "content": pa.binary()}
    return pa.RecordBatch.from_arrays(
        [pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in NEEDED], names=list(NEEDED)
    )


def test_each_record_of_a_batch_becomes_an_image_or_says_why_not():
    found = decoded_batch(
        batch(
            {"content": png(7)},
            {"content": b"text"},
            {"size": 5000, "_unread": "expected at most 1,000 bytes"},
            {"_unread": "the file has no more images", "height": 4, "width": 6},
            {"content": bytes([9] * 24), "height": 4, "width": 6, "label": ""},
        ),
        SECTION,
    ).to_pylist()

    assert [row["pixels"] for row in found] == [bytes([7] * 24), None, None, None, bytes([9] * 24)]
    assert [[fault["check"] for fault in row["_faults"]] for row in found] == [
        [],
        ["image.decodes"],
        ["image.bytes"],
        ["image.decodes"],
        ["image.label"],
    ]
    assert [(row["height"], row["width"], row["channels"]) for row in found[:2]] == [(4, 6, 1), (None, None, None)]
    assert found[0]["phash"] is not None
    assert found[1]["phash"] is None


def test_a_file_s_id_is_its_hash_and_an_image_s_in_an_idx_file_is_of_its_place_too():
    raw = {"content": bytes(24), "height": 4, "width": 6}

    first, second, file = decoded_batch(
        batch({**raw, "path": "x!/1"}, {**raw, "path": "x!/2"}, {"content": png(0)}), SECTION
    ).to_pylist()

    assert len({first["image_id"], second["image_id"], file["image_id"]}) == 3
    assert file["image_id"] == "f" * 64
    assert len(first["image_id"]) == 64
