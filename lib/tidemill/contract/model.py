"""A contract as a whole."""

import hashlib
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tidemill.config import Frozen
from tidemill.contract.agreement import require_agreement
from tidemill.contract.alerts import Alerts
from tidemill.contract.checks import TABLE, AnyTableCheck, Check, ReferenceCheck, RowCheck
from tidemill.contract.cleansing import CleanseStep
from tidemill.contract.columns import Column
from tidemill.contract.images import IMAGE_COLUMNS, Images
from tidemill.contract.sources import AnySource
from tidemill.contract.stream import Stream


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
        require_agreement(self)
        return self

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
