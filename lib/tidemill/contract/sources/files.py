"""Files in a folder, or those that a glob names."""

from typing import Literal, Self

from pydantic import model_validator

from tidemill.config import Frozen


class FilesSource(Frozen):
    """Files in a folder, or those a glob names.

    `records` says where they are: the dotted path from one JSON object to its array, or the name of the XML element.
    """

    kind: Literal["files"]
    path: str
    format: Literal["auto", "csv", "json", "jsonl", "xml", "avro", "parquet", "orc", "xlsx"] = "auto"
    records: str = ""
    on_change: Literal["reload", "refuse"] = "reload"

    @model_validator(mode="after")
    def _records_are_in_json_or_xml(self) -> Self:
        if self.records and self.format not in ("auto", "json", "xml"):
            raise ValueError(f"records is for json and xml, the format is {self.format}")
        return self
