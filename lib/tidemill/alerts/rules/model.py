"""What a rule may say; each kind is a model of its own, told by `kind`."""

from datetime import timedelta
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from tidemill.alerts.events import Severity
from tidemill.alerts.rules.patterns import EVERY
from tidemill.config import Frozen
from tidemill.contract.checks import Span
from tidemill.contract.stream import span
from tidemill.errors import nearest

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Pattern = Annotated[str, Field(min_length=1)]
FIELDS = ("sensor", "value", "rule", "dataset", "since")
NO_TIME = timedelta(0)


def _time(text: str | None) -> timedelta:
    return span(text) if text else NO_TIME


class BaseRule(Frozen):
    """What every rule says.

    Attributes:
        name: unique within the dataset.
        severity: info, warning or critical.
        sensors: patterns over the entity's values with / between; see `tidemill.alerts.rules.matches`.
        message: the alert's line, with {sensor}, {value}, {rule}, {dataset} and {since}; none: made by the kind.
        settle: an alert closes once its fault was over for so long, so that a fault that comes and goes is one alert.
    """

    name: Name
    severity: Severity = "warning"
    sensors: tuple[Pattern, ...] = Field(default=(EVERY,), min_length=1)
    message: str = ""
    settle: Span | None = None

    @field_validator("message")
    @classmethod
    def _names_known_fields(cls, message: str) -> str:
        for _, field, _, _ in Formatter().parse(message):
            if field is not None and field not in FIELDS:
                raise ValueError(
                    f"there is no {{{field}}}. {nearest(field, FIELDS)} A message may name: {', '.join(FIELDS)}"
                )
        try:
            message.format(sensor="", value=0.0, rule="", dataset="", since="")
        except ValueError as error:
            raise ValueError(f"{error}; value is a number, the others are texts") from error
        return message

    @property
    def settling(self) -> timedelta:
        """How long a fault must be over."""
        return _time(self.settle)


class LastingRule(BaseRule):
    """A rule whose condition must hold for some time; `for: 10 minutes`."""

    lasting: Span | None = Field(default=None, alias="for")

    @property
    def duration(self) -> timedelta:
        """How long the condition must hold before an alert opens."""
        return _time(self.lasting)


class ThresholdRule(LastingRule):
    """A value above or below a bound, until it is back behind `clear`."""

    kind: Literal["threshold"]
    above: float | None = None
    below: float | None = None
    clear: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("give above or below, one of them; a range is two rules")
        if self.clear is not None and self.above is not None and self.clear > self.above:
            raise ValueError(f"clear {self.clear:g} must not be more than above {self.above:g}")
        if self.clear is not None and self.below is not None and self.clear < self.below:
            raise ValueError(f"clear {self.clear:g} must not be less than below {self.below:g}")
        return self


class AnomalyRule(LastingRule):
    """A reading that the sensor's own past makes unlikely; the score is of `tidemill.streams.anomalies.score`.

    Attributes:
        above: the score that opens an alert; 0.5 is about one false alert in 720 readings.
        clear: the score below which it closes; none: 0.1 less.
        warm_up: readings of a sensor that are learned from before the first alert.
    """

    kind: Literal["anomaly"]
    above: float = Field(default=0.6, gt=0, lt=1)
    clear: float | None = Field(default=None, gt=0, lt=1)
    warm_up: int = Field(default=100, ge=0)

    @model_validator(mode="after")
    def _clear_below(self) -> Self:
        if self.clear is not None and self.clear > self.above:
            raise ValueError(f"clear {self.clear:g} must not be more than above {self.above:g}")
        return self

    @property
    def cleared(self) -> float:
        """The score below which the alert closes."""
        return max(self.above - 0.1, 0.0) if self.clear is None else self.clear


class RateRule(LastingRule):
    """A value that changes by more than `change` in the time `per`, from one reading to the next.

    Attributes:
        change: in the value's unit.
        per: the time that it is the change of.
        direction: up, down or both.
        least: a change smaller than this is none, however short its time; noise between two close readings.
    """

    kind: Literal["rate"]
    change: float = Field(gt=0)
    per: Span
    direction: Literal["up", "down", "both"] = "both"
    least: float = Field(default=0, ge=0)


class StuckRule(BaseRule):
    """The same value for a time, a number of readings, or both.

    Attributes:
        lasting: `for`, how long the value stays.
        readings: how many readings in a row have it.
        tolerance: how far from the stretch's first value counts as the same.
        usual: values that may stay, such as no wind and a humidity of 100 %.
    """

    kind: Literal["stuck"]
    lasting: Span | None = Field(default=None, alias="for")
    readings: int | None = Field(default=None, ge=2)
    tolerance: float = Field(default=0, ge=0)
    usual: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _some_length(self) -> Self:
        if self.lasting is None and self.readings is None:
            raise ValueError("give for, readings or both: how long a value must stay")
        return self

    @property
    def duration(self) -> timedelta:
        """How long the value must stay."""
        return _time(self.lasting)


class SilentRule(BaseRule):
    """No reading for a time, or for a multiple of the sensor's own usual interval: whichever is longer of those given.

    Attributes:
        lasting: `for`, how long there is no reading.
        intervals: how many of the sensor's usual intervals there is none.
        patience: on the clock, how long nothing must have arrived; what lags in a stream is not silent.
    """

    kind: Literal["silent"]
    lasting: Span | None = Field(default=None, alias="for")
    intervals: float | None = Field(default=None, ge=2)
    patience: Span = "1 minute"

    @model_validator(mode="after")
    def _some_length(self) -> Self:
        if self.lasting is None and self.intervals is None:
            raise ValueError("give for, intervals or both: how long a sensor may be silent")
        return self

    @model_validator(mode="after")
    def _ends_with_a_reading(self) -> Self:
        if self.settle is not None:
            raise ValueError(
                "settle is not for kind silent, whose alert closes with the sensor's next reading; leave it out"
            )
        return self

    @property
    def duration(self) -> timedelta:
        """How long there must be no reading, whatever the sensor's interval."""
        return _time(self.lasting)


class DriftRule(BaseRule):
    """A sensor that moves away from its neighbours; the sensors that one pattern takes in are neighbours.

    Attributes:
        every: the time over which each sensor's readings are averaged before they are compared.
        memory: the time that says what a sensor's distance from its neighbours usually is.
        above: how many usual deviations it must be away from that.
        least: a distance smaller than this, in the value's unit, is no drift.
    """

    kind: Literal["drift"]
    every: Span = "1 day"
    memory: Span = "30 days"
    above: float = Field(default=5, gt=0)
    least: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _memory_of_many(self) -> Self:
        if span(self.memory) < 10 * span(self.every):
            raise ValueError(f"memory {self.memory} must be at least ten times every {self.every}")
        return self


Rule = Annotated[
    ThresholdRule | AnomalyRule | RateRule | StuckRule | SilentRule | DriftRule, Field(discriminator="kind")
]


class RuleFile(Frozen):
    """conf/alerts/NAME.yaml: rules of one dataset; a dataset may have several files."""

    dataset: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"rules: two are named '{name}'; each name may stand once")
        return self
