"""Files in a folder, or those that a glob names."""

from typing import Literal

from tidemill.config import Frozen


class FilesSource(Frozen):
    """Files in a folder, or those a glob names."""

    kind: Literal["files"]
    path: str
    format: Literal["auto", "csv", "json", "jsonl", "xml", "avro", "parquet", "orc", "xlsx"] = "auto"
    records: str = ""
    on_change: Literal["reload", "refuse"] = "reload"
