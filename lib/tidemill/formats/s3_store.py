"""S3 as fsspec sees it, through Arrow."""

from typing import Any

from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow import fs


class S3Store(ArrowFSWrapper):
    """A store that is spoken to as S3.

    Args:
        settings: as pyarrow.fs.S3FileSystem takes them; those of `stores.use_settings` where none are given.
    """

    protocol = ("s3a",)

    def __init__(self, **settings: Any) -> None:
        super().__init__(fs.S3FileSystem(**settings))
