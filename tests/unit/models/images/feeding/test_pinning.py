import base64
import json
import pickle
import string
import struct

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tests.unit.models.images.tables import SHAPE, commit, silver, some_images, write, write_split
from tidemill.errors import RequestWrong
from tidemill.lake.stored import TableNotReadable
from tidemill.models.images.feeding import pinned
from tidemill.models.images.feeding.pinning import MixedSizes, NoImageTable, NoSuchVersion, UnsupportedTable
from tidemill.models.images.feeding.snapshot import EmptySplit, UnknownLabels


def one_line(error):
    assert "\n" not in str(error.value)
    assert isinstance(error.value, RequestWrong)
    return str(error.value)


def without_row(row):
    """A deletion vector of one row, inline: a roaring bitmap array as in Delta's protocol, in Z85."""
    bitmap = struct.pack("<IIHHIHH", 12346, 1, 0, 0, 16, row, 0)
    content = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    z85 = string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#"
    python = string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~"
    return base64.b85encode(content).decode().translate(str.maketrans(python, z85))


def test_a_version_is_known_by_its_row_groups_splits_and_labels(tmp_path):
    images = some_images(20)
    labels = ["cat"] * 5 + ["dog"] * 15
    path = write(tmp_path, silver(images, labels, ["test"] * 10 + ["train"] * 10))
    write(tmp_path, silver(images[:3], ["emu"] * 3, ["train"] * 3))

    first, newest = pinned(path, 0), pinned(path, None)

    assert (first.version, newest.version) == (0, 1)
    assert first.table_id == newest.table_id == str(DeltaTable(path).metadata().id)
    assert [(group.number, group.total, group.rows) for group in first.groups] == [
        (0, 7, {"test": 7}),
        (1, 7, {"test": 3, "train": 4}),
        (2, 6, {"train": 6}),
    ]
    assert first.labels == {"test": {"cat": 5, "dog": 5}, "train": {"dog": 10}}
    assert first.splits == {"test": 10, "train": 10}
    assert first.shape == SHAPE
    assert first.classes == ("dog",)
    assert newest.classes == ("dog", "emu")
    assert newest.splits == {"test": 10, "train": 13}


def test_files_that_a_version_lacks_are_not_seen(tmp_path):
    path, _ = write_split(tmp_path, 20)
    table = DeltaTable(path)
    write(tmp_path, silver(some_images(4), list("aabb"), ["train"] * 4))
    table.update_incremental()
    table.optimize.compact()

    compacted = pinned(path)

    assert len(list(tmp_path.glob("*.parquet"))) == 3
    assert len({group.file for group in compacted.groups}) == 1
    assert compacted.splits == {"train": 24}
    assert pinned(path, 0).splits == {"train": 20}


def test_columns_that_the_table_is_partitioned_by_come_from_the_log(tmp_path):
    images = some_images(6)
    labels = ["T-shirt/top", "a b", "T-shirt/top", "a b", "ü=1", "ü=1"]
    path = write(tmp_path, silver(images, labels, ["train"] * 4 + ["test"] * 2), partition_by=["split", "label"])

    snapshot = pinned(path)

    assert snapshot.labels == {"train": {"T-shirt/top": 2, "a b": 2}, "test": {"ü=1": 2}}
    assert {group.partition["split"]: set(group.rows) for group in snapshot.groups} == {
        "train": {"train"},
        "test": {"test"},
    }


def test_snapshots_of_a_version_are_equal_wherever_they_are_made_and_carried(tmp_path):
    path, _ = write_split(tmp_path, 20)

    driver, rank = pinned(path), pinned(f"file:{path}", 0)
    write(tmp_path, silver(some_images(1), ["a"], ["train"]))

    assert pickle.loads(pickle.dumps(driver)) == driver
    assert rank.fingerprint == driver.fingerprint
    assert pinned(path).fingerprint != driver.fingerprint


def test_keys_of_a_store_are_not_shown(tmp_path):
    path, _ = write_split(tmp_path, 3)

    assert "secret" not in repr(pinned(path, options={"AWS_SECRET_ACCESS_KEY": "secret"}))


def test_a_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(NoImageTable) as missing:
        pinned(str(tmp_path / "nowhere"))
    with pytest.raises(NoImageTable) as empty:
        pinned(str(tmp_path))

    assert "there is no such folder" in one_line(missing)
    assert "there is no Delta table" in one_line(empty)


@pytest.mark.parametrize("version", [-1, 7])
def test_a_version_that_the_table_lacks_is_refused_with_the_newest(tmp_path, version):
    path, _ = write_split(tmp_path, 3)

    with pytest.raises(NoSuchVersion) as error:
        pinned(path, version)

    assert f"no version {version}" in one_line(error)
    assert "the newest is 0" in one_line(error)


def test_a_version_whose_log_is_gone_is_refused(tmp_path):
    path, _ = write_split(tmp_path, 3)
    write(tmp_path, silver(some_images(1), ["a"], ["train"]))
    DeltaTable(path).create_checkpoint()
    (tmp_path / "_delta_log" / f"{0:020d}.json").unlink()

    with pytest.raises(NoSuchVersion) as error:
        pinned(path, 0)

    assert "old ones go with their log" in one_line(error)
    assert pinned(path).splits == {"train": 4}


def test_a_table_of_something_else_is_refused_with_what_it_lacks(tmp_path):
    path = write(tmp_path / "other", pa.table({"pixels": [1], "label": ["a"]}))
    text = write(tmp_path / "text", silver(some_images(1), ["a"], ["train"]).set_column(4, "height", pa.array(["4"])))

    with pytest.raises(NoImageTable) as error:
        pinned(path)
    with pytest.raises(NoImageTable) as wrong:
        pinned(text)

    assert "its column 'pixels' is int64 where binary was expected" in one_line(error)
    assert "its column 'height' is string where integer was expected" in one_line(wrong)


def test_a_table_without_rows_is_refused(tmp_path):
    path = write(tmp_path, silver(some_images(1), ["a"], ["train"])[:0])

    with pytest.raises(NoImageTable) as error:
        pinned(path)

    assert "it has no rows" in one_line(error)


def test_images_of_several_sizes_are_refused(tmp_path):
    path, _ = write_split(tmp_path, 3)
    write(tmp_path, silver(some_images(2, (5, 5, 3)), ["a", "b"], ["train"] * 2))

    with pytest.raises(MixedSizes) as error:
        pinned(path)

    assert "4x3x1, 5x5x3" in one_line(error)


def test_deletion_vectors_are_refused_where_a_file_has_one(tmp_path):
    path, _ = write_split(tmp_path, 3)
    [file] = DeltaTable(path).get_add_actions(flatten=True)["path"].to_pylist()
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    commit(tmp_path, 1, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}})
    vector = {"storageType": "i", "pathOrInlineDv": without_row(1), "sizeInBytes": 36, "cardinality": 1}
    add = {
        "path": file,
        "partitionValues": {},
        "size": 1,
        "modificationTime": 0,
        "dataChange": True,
        "stats": '{"numRecords": 3}',
    }
    removed = {"remove": {"path": file, "dataChange": True, "deletionTimestamp": 0}}
    commit(tmp_path, 2, removed, {"add": {**add, "deletionVector": vector}})

    allowed = pinned(path, 1)
    with pytest.raises(UnsupportedTable) as error:
        pinned(path)

    assert allowed.splits == {"train": 3}
    assert "version 2, has deletion vectors" in one_line(error)
    assert "PURGE" in one_line(error)


def test_column_mapping_is_refused(tmp_path):
    path, _ = write_split(tmp_path, 3)
    [first] = (tmp_path / "_delta_log").glob("*.json")
    actions = [json.loads(line) for line in first.read_text().splitlines()]
    [metadata] = [action for action in actions if "metaData" in action]
    metadata["metaData"]["configuration"]["delta.columnMapping.mode"] = "name"
    schema = json.loads(metadata["metaData"]["schemaString"])
    for number, field in enumerate(schema["fields"], start=1):
        field["metadata"] = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": f"col-{number}"}
    metadata["metaData"]["schemaString"] = json.dumps(schema)
    commit(tmp_path, 1, {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}, metadata)

    with pytest.raises(UnsupportedTable) as error:
        pinned(path)

    assert "has column mapping" in one_line(error)


def test_a_damaged_file_is_told(tmp_path):
    path, _ = write_split(tmp_path, 3)
    next(tmp_path.glob("*.parquet")).write_bytes(b"no parquet")

    with pytest.raises(TableNotReadable) as error:
        pinned(path)

    assert "\n" not in str(error.value)


def test_a_split_without_images_is_refused_with_those_there_are(tmp_path):
    path, _ = write_split(tmp_path, 3)

    with pytest.raises(EmptySplit) as error:
        pinned(path).of("trian")

    assert "Did you mean 'train'?" in one_line(error)
    assert "train (3)" in one_line(error)


def test_labels_that_no_training_image_has_are_refused(tmp_path):
    path = write(tmp_path, silver(some_images(4), ["a", "b", "z", None], ["train", "train", "test", "test"]))

    with pytest.raises(UnknownLabels) as error:
        pinned(path).of("test")

    assert "'z' (1), no label (1)" in one_line(error)
