import numpy as np
import pytest

from tests.services.s3 import BUCKET, running_s3
from tests.unit.models.images.tables import silver, some_images, write, write_split
from tidemill.lake.stored import TableNotReadable
from tidemill.models.images.feeding import delta_feed, pinned
from tidemill.models.images.feeding.pinning import NoImageTable


@pytest.fixture(scope="module")
def store():
    with running_s3() as found:
        yield found


@pytest.fixture
def options(store):
    return {
        "AWS_ACCESS_KEY_ID": store.access_key,
        "AWS_SECRET_ACCESS_KEY": store.secret_key,
        "AWS_ENDPOINT_URL": store.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }


def carried(store, folder, name):
    for file in folder.rglob("*"):
        if file.is_file():
            store.put(f"{name}/{file.relative_to(folder)}", file.read_bytes())
    return f"s3://{BUCKET}/{name}"


def test_a_table_in_a_store_is_fed_as_one_in_a_folder(tmp_path, store, options):
    path, images = write_split(tmp_path, 60)

    snapshot = pinned(carried(store, tmp_path, "images"), options=options)

    assert snapshot.fingerprint == pinned(path).fingerprint
    feed = delta_feed(snapshot, "train", batch_size=16, seed=1, rank=0, ranks=1, shuffle=True)
    keys = [key for batch in feed.batches(0) for key in batch.keys]
    assert sorted(keys) == list(range(60))
    for batch in feed.batches(1):
        assert np.array_equal(batch.images, images[batch.keys])


def test_a_partitioned_table_in_a_store_is_fed(tmp_path, store, options):
    table = silver(some_images(20), ["a b", "c/d"] * 10, ["train"] * 20)
    write(tmp_path, table, partition_by=["split", "label"])

    snapshot = pinned(carried(store, tmp_path, "partitioned"), options=options)

    feed = delta_feed(snapshot, "train", batch_size=20, seed=1, rank=0, ranks=1, shuffle=True)
    [batch] = feed.batches(0)
    assert sorted(batch.labels) == [0] * 10 + [1] * 10


def test_a_store_without_the_table_or_without_the_keys_is_told(store, options):
    with pytest.raises(NoImageTable) as missing:
        pinned(f"s3://{BUCKET}/nothing", options=options)
    with pytest.raises(TableNotReadable) as away:
        pinned(f"s3://{BUCKET}/images", options={**options, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})

    assert "\n" not in str(missing.value) + str(away.value)
