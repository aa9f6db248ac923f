"""What was found out about a file by looking at it."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

Format = Literal["csv", "json", "jsonl", "xml", "avro", "parquet", "orc", "xlsx"]


@dataclass(frozen=True)
class Recognised:
    """How to read one file, or one file in a zip of several: cheap to pickle, and to write as one JSON object.

    Attributes:
        format: `json` is one array or one object, `jsonl` one object a line.
        size: bytes of the file, as it is stored.
        compression: gzip, bzip2 or zip around the format; empty for none.
        member: the name within a zip of several files; empty for all others.
        encoding: Python's name of the text's encoding; empty for binary formats. `utf-8-sig`, `utf-16` and `utf-32`
            are those with a byte-order mark.
        delimiter: one character or several; empty for a csv of one column.
        quote: one character; empty where nothing is quoted.
        escape: one character; empty where a quote inside quotes is doubled.
        skip: lines before the record that names the columns, or before the first one: a title, a date, a remark, a
            first of two header rows. In a workbook, rows of the sheet.
        footer: lines behind the table's last record: a sum, a source, a remark. In a workbook, rows of the sheet.
        header: whether the record behind those lines names the columns.
        records: where the records are: in json, the dotted path from the one object to its array (empty: the array or
            the object itself); in xml, the record element's name; in a workbook, the sheet's name.
        columns: delivered names in their order, unique and never blank; for JSON and XML those seen in the head.
        types: the delivered types of `columns` where the file states them (Parquet, ORC, Avro), else empty.
        why: short reasons for the above, in the order found.
    """

    format: Format
    size: int
    compression: str = ""
    member: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    skip: int = 0
    footer: int = 0
    header: bool = False
    records: str = ""
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write it as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        delivered: dict[str, Any] = json.loads(text)
        for name in ("columns", "types", "why"):
            delivered[name] = tuple(delivered[name])
        return cls(**delivered)
