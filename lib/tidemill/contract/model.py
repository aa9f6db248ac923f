"""A contract as a whole, and what its parts must agree on."""

import hashlib
import re
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.contract.alerts import Alerts
from tidemill.contract.checks import TABLE, AnyTableCheck, Check, FreshnessCheck, ReferenceCheck, RowCheck
from tidemill.contract.cleansing import CleanseStep
from tidemill.contract.columns import MOMENTS, OTHERS, Column
from tidemill.contract.sources import AnySource, JdbcSource, RestSource
from tidemill.errors import suggestion

COLUMN_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")


class Layout(Frozen):
    """How silver's files are laid out."""

    partition_by: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ()


class Retention(Frozen):
    """How long a layer keeps its rows, as in `400 days`; no key: for ever."""

    bronze: str | None = Field(default=None, pattern=r"^[1-9][0-9]* days?$")
    quarantine: str | None = Field(default=None, pattern=r"^[1-9][0-9]* days?$")


class Personal(Frozen):
    """What is personal: the column that says whose it is, and the columns to mask and erase."""

    subject: str
    columns: tuple[str, ...] = ()


class Contract(Frozen):
    """conf/datasets/NAME.yaml."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    description: str = ""
    mode: Literal["batch", "stream"] = "batch"
    source: AnySource
    columns: dict[str, Column] = Field(min_length=1)
    cleanse: tuple[CleanseStep, ...] = ()
    checks: tuple[Check, ...] = ()
    key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    write: Literal["append", "upsert", "scd2", "replace"] = "append"
    event_time: str | None = None
    layout: Layout = Layout()
    retention: Retention = Retention()
    personal: Personal | None = None
    alerts: Alerts = Alerts()

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        for name in self.columns:
            if not COLUMN_NAME.match(name):
                raise ValueError(f"columns: '{name}' is no column name (letters, digits and _, a letter first)")
        self._require_distinct((self.delivered_name(name) for name in self.columns), "columns read from")
        self._require_distinct((check.name for check in self.checks), "checks named")
        self._require_known("key", self.key)
        self._require_known("order_by", self.order_by)
        self._require_known("event_time", (self.event_time,) if self.event_time else ())
        self._require_known("layout.partition_by", self.layout.partition_by)
        self._require_known("layout.sort_by", self.layout.sort_by)
        for index, step in enumerate(self.cleanse):
            self._require_known(f"cleanse.{index}", step.columns())
            self._require_moments(f"cleanse.{index}", step)
        for check in self.checks:
            self._require_known(f"checks.{check.name}", check.columns)
            if isinstance(check, FreshnessCheck) and self.columns[check.freshness.column].type not in MOMENTS:
                raise ValueError(f"checks.{check.name}: freshness is for a date or timestamp")
        self._require_others(self.referenced)
        self._require_duplicates()
        if self.personal:
            self._require_known("personal", (self.personal.subject, *self.personal.columns))
        self._require_key()
        self._require_since()
        if isinstance(self.source, JdbcSource):
            self.source.require_fitting(self.key, self.write)
        return self

    def _require_moments(self, where: str, step: CleanseStep) -> None:
        for name in step.dates or ():
            column = self.columns[name]
            if column.type not in MOMENTS or column.format:
                raise ValueError(f"{where}: dates is for a date or timestamp without a format of its own, not '{name}'")
        for name in step.numbers or ():
            if self.columns[name].type in OTHERS:
                raise ValueError(f"{where}: numbers is for a numeric column, '{name}' is {self.columns[name].type}")

    def _require_others(self, referenced: Iterable[str]) -> None:
        if self.name in referenced:
            raise ValueError(f"references: '{self.name}' is this dataset itself; a reference is to another one")

    def _require_duplicates(self) -> None:
        steps = [step for step in self.cleanse if step.drop_duplicates is not None]
        if len(steps) > 1:
            raise ValueError("cleanse: drop_duplicates may stand once; list its columns together")
        if steps and self.write != "append":
            raise ValueError("cleanse: drop_duplicates is for write: append; where there is a key, it does the same")

    def _require_key(self) -> None:
        if self.write in ("upsert", "scd2") and not self.key:
            raise ValueError(f"write: {self.write} needs a key, the columns that say which rows are the same")
        if self.write == "scd2":
            self._require_time()
        if self.write == "append" and self.key:
            raise ValueError("write: append keeps every row, so it has no key; remove the key or write: upsert")
        for name in self.key:
            if not self.columns[name].required or self.columns[name].on_fail == "warn":
                raise ValueError(
                    f"key: column '{name}' must be required (and not on_fail: warn), or rows without it merge"
                )

    def _require_time(self) -> None:
        times = [self.columns[name] for name in self.order_by]
        if len(times) != 1 or times[0].type not in ("date", "timestamp") or not times[0].required:
            raise ValueError(
                "write: scd2 needs order_by: [COLUMN], one required date or timestamp from which a version is valid"
            )

    def _require_since(self) -> None:
        if not isinstance(self.source, RestSource) or self.source.since is None:
            return
        name = self.source.since.column
        self._require_known("source.since.column", (name,))
        if self.write == "append":
            raise ValueError(
                "source.since needs a key and write: upsert: an API may deliver again the rows at the last value, "
                "and only a key tells them from new ones"
            )
        if self.columns[name].format:
            raise ValueError(f"source.since.column: '{name}' has a format; only numbers and ISO 8601 can be compared")

    def _require_known(self, where: str, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.columns:
                raise ValueError(f"{where}: there is no column '{name}'. {suggestion(name, self.columns)}")

    @staticmethod
    def _require_distinct(names: Iterable[str], what: str) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise ValueError(f"two {what} '{name}'; each may stand once")
            seen.add(name)

    def delivered_name(self, column: str) -> str:
        """The name under which a column is delivered."""
        return self.columns[column].source or column

    @property
    def delivered_names(self) -> dict[str, str]:
        """Contract name -> delivered name, in the contract's order."""
        return {name: self.delivered_name(name) for name in self.columns}

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns of which no two rows of silver have the same values; none where every row is kept."""
        return (*self.key, *self.order_by) if self.write == "scd2" else self.key

    @property
    def row_checks(self) -> tuple[RowCheck, ...]:
        """The checks on single rows."""
        return tuple(check for check in self.checks if isinstance(check, RowCheck))

    @property
    def table_checks(self) -> tuple[AnyTableCheck, ...]:
        """The checks on a delivery's accepted rows, each with its condition in SQL as `table`."""
        return tuple(check for check in self.checks if isinstance(check, TABLE))

    @property
    def of_rows(self) -> Self:
        """The contract without the checks on a delivery as a whole."""
        return self.model_copy(update={"checks": tuple(each for each in self.checks if not isinstance(each, TABLE))})

    @property
    def drop_duplicates(self) -> tuple[str, ...]:
        """The columns whose texts make a row the duplicate of an earlier one; none where nothing is dropped."""
        return next((step.drop_duplicates for step in self.cleanse if step.drop_duplicates), ())

    @property
    def referenced(self) -> tuple[str, ...]:
        """The datasets whose silver tables this one's values must be in, sorted."""
        checks = [check.references for check in self.checks if isinstance(check, ReferenceCheck)]
        columns = [column.references for column in self.columns.values() if column.references]
        return tuple(sorted({reference.partition(".")[0] for reference in (*checks, *columns)}))

    @property
    def fingerprint(self) -> str:
        """A hash that changes when anything in the contract does."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:16]
