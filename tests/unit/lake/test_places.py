import pytest

from tidemill.config import MissingSecret
from tidemill.lake.places import local_folder, storage_options


@pytest.mark.parametrize(
    ("where", "folder"),
    [("/a/b", "/a/b"), ("file:///a/b", "/a/b"), ("file:/a/b", "/a/b"), ("s3a://a/b", None), ("hdfs://a/b", None)],
)
def test_a_folder_of_this_machine_is_told_from_a_store(where, folder):
    assert (str(local_folder(where)) if folder else local_folder(where)) == folder


def test_the_store_s_keys_are_those_of_spark_and_read_when_they_are_used(ran, monkeypatch):
    settings = {
        "spark.hadoop.fs.s3a.access.key": "${env:STORE_KEY}",
        "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9000",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
    config = ran.config.model_copy(update={"spark": ran.config.spark.model_copy(update={"settings": settings})})
    monkeypatch.delenv("STORE_KEY", raising=False)
    with pytest.raises(MissingSecret):
        storage_options(config)

    monkeypatch.setenv("STORE_KEY", "k")
    assert storage_options(config) == {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9000",
        "AWS_ALLOW_HTTP": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
    }
