"""A contract as a whole, and what its parts must agree on."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.contract.alerts import Alerts
from tidemill.contract.checks import TABLE, AnyTableCheck, Check, FreshnessCheck, ReferenceCheck, RowCheck, UniqueCheck
from tidemill.contract.cleansing import CleanseStep
from tidemill.contract.columns import MOMENTS, OTHERS, Column
from tidemill.contract.images import IMAGE_COLUMNS, Images
from tidemill.contract.sources import AnySource, ImagesSource, JdbcSource, MqttSource, RestSource
from tidemill.contract.stream import Stream
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
    images: Images | None = None
    columns: dict[str, Column] = Field(default_factory=dict)
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
    stream: Stream | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_reading_from_the_future(cls, given: Any) -> Any:
        """A stream's event time lies at most an hour ahead, where its column says nothing else."""
        try:
            column = given["columns"][given["event_time"]]
            if not given.get("stream") or "not_in_future" in column:
                return given
            return {
                **given,
                "columns": {**given["columns"], given["event_time"]: {**column, "not_in_future": "1 hour"}},
            }
        except (KeyError, TypeError, AttributeError):
            return given

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        self._require_what_silver_holds()
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
        self._require_stream()
        if isinstance(self.source, JdbcSource):
            self.source.require_fitting(self.key, self.write)
        return self

    def _require_what_silver_holds(self) -> None:
        if isinstance(self.source, ImagesSource) != (self.images is not None):
            raise ValueError("source.kind: images and the section 'images', with at least 'size', go together")
        if isinstance(self.source, ImagesSource) and self.images is not None:
            self.images.require_alone(self.mode, self.source.labels, self.model_fields_set)
            if self.row_checks or len(self.checks) != len(self.table_checks):
                raise ValueError("checks: of images there are checks on a delivery as a whole alone, with 'table'")
        elif not self.columns:
            raise ValueError("the key 'columns' is missing, or empty: what silver holds")

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

    def _require_stream(self) -> None:
        if self.mode == "batch" and isinstance(self.source, MqttSource):
            raise ValueError("source: mqtt is for mode: stream")
        stream = self.stream
        if stream is None:
            return
        if self.mode != "stream" or self.write != "append":
            raise ValueError("stream: is for mode: stream and write: append; its entity and event_time are the key")
        self._require_known("stream", stream.columns)
        if self.event_time is None or self.columns[self.event_time].type != "timestamp":
            raise ValueError("stream: needs event_time, a timestamp column")
        if self.columns[stream.value].type in OTHERS:
            raise ValueError(f"stream.value: '{stream.value}' must be a number")
        if self.source.kind not in ("kafka", "mqtt"):
            raise ValueError(f"stream: is for a source of kind kafka or mqtt, not {self.source.kind}")
        if self.table_checks or any(isinstance(check, UniqueCheck) for check in self.checks):
            raise ValueError(
                "checks: a stream has no delivery as a whole to check, and tells its readings apart itself"
            )
        for name in (*stream.identity_but_time, self.event_time):
            column = self.columns[name]
            if not column.required or column.on_fail == "warn":
                raise ValueError(f"stream: column '{name}' must be required (and not on_fail: warn)")

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
    def checked_types(self) -> dict[str, str]:
        """The columns that checks may name, with Spark's types."""
        return IMAGE_COLUMNS if self.images else {name: column.type for name, column in self.columns.items()}

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
