"""Open files of an S3 store from Python, on the driver and on executors, with the settings that Spark has for it."""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import fsspec
from pyspark.sql import SparkSession

from tidemill.errors import RunFailed

PREFIX = "fs.s3a."
# What Hadoop calls a setting -> what Arrow calls it.
NAMES = {
    "access.key": "access_key",
    "secret.key": "secret_key",
    "session.token": "session_token",
    "endpoint": "endpoint_override",
    "endpoint.region": "region",
}
SECURE = "connection.ssl.enabled"
# Every read of a store is a request.
_BUFFER_BYTES = 1 << 20


class StoreRefused(RunFailed):
    """A store does not give a file: it does not answer, or access is denied."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(
            f"{uri} cannot be opened: {reason[:300].rstrip('.')}. Check spark.hadoop.fs.s3a.endpoint, access.key and "
            "secret.key under spark.settings, and what they may read; then run it again."
        )


# Loaded when a file of a store is opened: Arrow begins threads for it. fsspec's own would be one more library.
fsspec.register_implementation("s3a", "tidemill.formats.s3_store.S3Store", clobber=True)


def is_in_s3(uri: str) -> bool:
    """Whether a URI names something in a store that is spoken to as S3."""
    return uri.startswith("s3a:")


def open_in_s3(uri: str) -> BinaryIO:
    """Open a store's file for reading bytes.

    Raises:
        FileNotFoundError: nothing is there.
        StoreRefused: the store does not answer, or denies access.
    """
    store = fsspec.filesystem("s3a").fs
    try:
        return cast(BinaryIO, io.BufferedReader(store.open_input_file(store_path(uri)), _BUFFER_BYTES))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreRefused(uri, " ".join(str(error).split())) from None


def store_path(uri: str) -> str:
    """Bucket and key of a quoted URI."""
    parts = urlsplit(uri.replace("?", "%3F").replace("#", "%23"))
    return f"{parts.netloc}{unquote(parts.path)}"


def settings_in_use() -> dict[str, Any]:
    """What `use_settings` was given last, in this process."""
    return dict(fsspec.config.conf.get("s3a", {}))


def use_settings(settings: Mapping[str, Any]) -> None:
    """Open the files of a store with these settings from now on, in this process; none: with AWS's own defaults."""
    fsspec.config.conf["s3a"] = dict(settings)


def use_spark_settings(spark: SparkSession) -> dict[str, Any]:
    """Open the files of a store with Spark's settings, in this process, and give them to be used on executors too.

    They hold secrets, so they go to the executors within a function, which nothing shows.
    """
    hadoop = spark.sparkContext._jsc.hadoopConfiguration()
    found = {name: hadoop.get(f"{PREFIX}{name}") for name in (*NAMES, SECURE)}
    use_settings(arrow_settings(found))
    return settings_in_use()


def arrow_settings(hadoop: Mapping[str, str | None]) -> dict[str, Any]:
    """Settings of Hadoop's S3A, without their prefix, as Arrow's S3FileSystem takes them."""
    settings: dict[str, Any] = {theirs: value for ours, theirs in NAMES.items() if (value := hadoop.get(ours))}
    if "://" not in settings.get("endpoint_override", "") and hadoop.get(SECURE) == "false":
        settings["scheme"] = "http"
    return settings
