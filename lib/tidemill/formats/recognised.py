"""What was found out about a file by looking at it."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

Format = Literal["csv", "json", "jsonl", "parquet"]


@dataclass(frozen=True)
class Recognised:
    """How to read one file: cheap to pickle, and to write as one JSON object.

    Attributes:
        format: `json` is one array or one object, `jsonl` one object a line.
        size: bytes of the file, as it is stored.
        compression: gzip, bzip2 or zip (of one file) around the format; empty for none.
        encoding: Python's name of the text's encoding; empty for binary formats. `utf-8-sig`, `utf-16` and `utf-32`
            are those with a byte-order mark.
        delimiter: one character or several; empty for a csv of one column.
        quote: one character; empty where nothing is quoted.
        escape: one character; empty where a quote inside quotes is doubled.
        skip: lines before the table's first record: a title, a date, a remark.
        header: whether the table's first record names the columns.
        columns: delivered names in their order, unique and never blank; for JSON those seen in the head.
        types: the delivered types of `columns` where the file states them (Parquet), else empty.
        why: short reasons for the above, in the order found.
    """

    format: Format
    size: int
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    skip: int = 0
    header: bool = False
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
