"""A table or query of a database."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from tidemill.config import Frozen
from tidemill.config.secrets import Secret, require_no_credentials

TABLE = re.compile(r"^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?$")
QUERY = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
DURATION = re.compile(r"^(\d+) *(second|minute|hour|day|week)s?$")


class JdbcSource(Frozen):
    """A table of a database that JDBC can reach, or what a query of it gives.

    Columns here are named as the database names them, not as the contract does.
    """

    kind: Literal["jdbc"]
    url: str = Field(description="jdbc:postgresql://HOST/DATABASE, jdbc:sqlite:FILE, or another driver's")
    table: str | None = None
    query: str | None = None
    user: Secret | None = None
    password: Secret | None = None
    partition_by: str | None = Field(default=None, description="read in parallel over ranges of this column")
    partitions: int = Field(default=4, ge=1, le=64, description="at most so many connections at a time")
    watermark: str | None = Field(default=None, description="a column that rises with every change of a row")
    overlap: str | int | float | None = Field(default=None, description="how far behind the watermark a row may come")
    deletes: Literal["ignore", "find"] = "ignore"
    fetch_size: int = Field(default=2000, ge=1)

    @field_validator("url")
    @classmethod
    def _names_a_database(cls, url: str) -> str:
        require_no_credentials(url)
        if not re.match(r"^jdbc:[a-z][a-z0-9+]*:.", url):
            raise ValueError("expected jdbc:KIND:..., as in jdbc:postgresql://db.example.com/shop or jdbc:sqlite:FILE")
        if re.match(r"^jdbc:sqlite:(:|\?|$)", url):
            raise ValueError("expected jdbc:sqlite:FILE; a database in memory or in a jar is nobody else's to fill")
        return url

    @field_validator("table")
    @classmethod
    def _is_a_name(cls, table: str | None) -> str | None:
        if table is not None and not TABLE.match(table):
            raise ValueError("expected TABLE or SCHEMA.TABLE in letters, digits, _ and $; any other needs a query")
        return table

    @field_validator("query")
    @classmethod
    def _is_a_query(cls, query: str | None) -> str | None:
        if query is not None and not QUERY.match(query):
            raise ValueError("expected one SQL query that begins with select or with")
        return query.rstrip().rstrip(";") if query else query

    @field_validator("overlap")
    @classmethod
    def _is_a_distance(cls, overlap: str | int | float | None) -> str | int | float | None:
        known = overlap is None or (DURATION.match(overlap) if isinstance(overlap, str) else overlap >= 0)
        if not known:
            raise ValueError("expected a length of time, as in 10 minutes, or a number for a numeric watermark")
        return overlap

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("a jdbc source has either a table or a query")
        if self.overlap is not None and self.watermark is None:
            raise ValueError("overlap says how far behind the watermark rows may come; name the watermark's column")
        if "partitions" in self.model_fields_set and self.partitions > 1 and self.partition_by is None:
            raise ValueError("partitions needs partition_by, the numeric, date or timestamp column to read over")
        if self.password is not None and self.user is None:
            raise ValueError("password needs user")
        return self

    def require_fitting(self, key: Sequence[str], write: str) -> None:
        """Refuse what cannot be done under the contract's `key` and `write`.

        Raises:
            ValueError: rows would be lost or doubled.
        """
        if self.watermark is not None and (not key or write == "replace"):
            raise ValueError(
                "source.watermark needs a key and write: upsert: rows at the last value are read again, and only a key "
                "tells them from new ones"
            )
        if self.deletes == "find" and write != "upsert":
            raise ValueError("source.deletes: find needs a key and write: upsert, to say which rows are gone")

    @property
    def overlap_distance(self) -> timedelta | Decimal | None:
        """The overlap: a length of time, or a number for a numeric watermark."""
        if self.overlap is None:
            return None
        parts = DURATION.match(self.overlap) if isinstance(self.overlap, str) else None
        return timedelta(**{f"{parts[2]}s": int(parts[1])}) if parts else Decimal(str(self.overlap))
