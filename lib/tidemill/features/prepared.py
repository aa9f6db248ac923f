"""The first stage: what each row says of itself, before any other row is looked at."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from tidemill.features.columns import sql_number, sql_text
from tidemill.features.settings import MOST_FREQUENT, FeatureSettings

# A prepared number is the place of this name in the vector.
READY = "_ready "
LEVELS = "_levels"
UNLISTED = "_unlisted"
# Between the two levels of a pair; no text of a person has it.
PAIRED = "\x1f"
# What no row has: the level of a missing value that is to become the most frequent one.
UNKNOWN = "\x1eunknown"
LARGEST = "1.7976931348623157E308D"


@dataclass(frozen=True)
class Number:
    """A number of the vector before it is imputed and scaled.

    The first stage makes it a double in the column `_NAME`: null where it is missing, NaN where it is known and its
    transform or its list of levels does not have it.

    Attributes:
        name: of its place, such as `log tenure_months`.
        columns: of the table.
        sql: of the first stage.
        fill: a statistic's name, or the stand-in on the scale of `sql`.
        box_cox: whether that transform follows.
        domain: what `sql` is NaN outside of, for messages.
    """

    name: str
    columns: tuple[str, ...]
    sql: str
    fill: float | str
    box_cox: bool = False
    domain: str = ""

    @property
    def prepared(self) -> str:
        """The column that the first stage makes."""
        return f"_{self.name}"


class Kind(NamedTuple):
    """Of the pairs, those of one kind."""

    numbers: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    mixed: list[tuple[str, str]]


def pairs_of(settings: FeatureSettings) -> Kind:
    """The interactions by the kinds of their columns; a mixed pair has its category first."""
    found = Kind([], [], [])
    for first, second in settings.interactions:
        categories = [column for column in (first, second) if column in settings.categorical]
        if len(categories) == 1:
            found.mixed.append((categories[0], second if first == categories[0] else first))
        else:
            (found.categories if categories else found.numbers).append((first, second))
    return found


def numbers_of(settings: FeatureSettings) -> list[Number]:
    """The numbers of the vector, in its order; flags of missing values are not among them."""
    own = [*(_plain(settings, each) for each in settings.numeric), *(_log(settings, each) for each in settings.log1p)]
    own += [_plain(settings, each, box_cox=True) for each in settings.box_cox]
    own += [_ordinal(settings, each) for each in settings.ordinal]
    return [*own, *(_product(settings, own, *pair) for pair in pairs_of(settings).numbers)]


def number_of(settings: FeatureSettings, column: str) -> Number:
    """The number that a column is in interactions: as it is where it is so in the vector, else transformed."""
    return next(number for number in numbers_of(settings) if number.columns == (column,))


def flags_of(settings: FeatureSettings) -> list[str]:
    """The names of the flags' places."""
    return [f"{column} missing" for column in settings.flag_missing]


def prepared_columns(settings: FeatureSettings) -> dict[str, str]:
    """What the first stage makes: the SQL of each column by its name."""
    made = {number.prepared: number.sql for number in numbers_of(settings)}
    for column, flag in zip(settings.flag_missing, flags_of(settings), strict=True):
        known = f"`{column}`" if column in settings.ordinal else finite(column)
        made[f"{READY}{flag}"] = f"if({known} is null, 1.0D, 0.0D)"
    if settings.ordinal:
        listed = ", ".join(_unlisted(column, levels) for column, levels in settings.ordinal.items())
        made[UNLISTED] = f"concat_ws(', ', {listed})"
    if settings.categorical:
        levels = [_level(settings, column) for column in settings.categorical]
        for pair in pairs_of(settings).categories:
            first, second = (_level(settings, column, in_pair=True) for column in pair)
            levels.append(f"concat({first}, '{PAIRED}', {second})")
        made[LEVELS] = f"array({', '.join(levels)})"
    return made


def finite(column: str) -> str:
    """The SQL of a column as a double, null where it is NaN or infinite."""
    # Spark orders NaN above infinity, so that neither is at most the largest double.
    double = f"cast(`{column}` as double)"
    return f"if(abs({double}) <= {LARGEST}, {double}, null)"


def _plain(settings: FeatureSettings, column: str, box_cox: bool = False) -> Number:
    name, fill = f"box-cox {column}" if box_cox else column, settings.impute.of_number(column)
    return Number(name, (column,), finite(column), fill, box_cox)


def _log(settings: FeatureSettings, column: str) -> Number:
    known, fill = finite(column), settings.impute.of_number(column)
    # ln(1 + x) rather than log1p(x), which differs in the last digit from what older models learnt.
    sql = f"case when {known} > -1 then ln(1 + {known}) when {known} is not null then double('NaN') end"
    return Number(f"log {column}", (column,), sql, _log_fill(fill), domain="above -1, as log1p needs")


def _log_fill(fill: float | str) -> float | str:
    return fill if isinstance(fill, str) else math.log1p(fill)


def _ordinal(settings: FeatureSettings, column: str) -> Number:
    levels = settings.ordinal[column]
    text = f"cast(`{column}` as string)"
    ranks = " ".join(f"when {sql_text(level)} then {rank}.0D" for rank, level in enumerate(levels, start=1))
    sql = f"if({text} is null, null, case {text} {ranks} else double('NaN') end)"
    return Number(column, (column,), sql, settings.impute.of_number(column), domain="a level of its list")


def _unlisted(column: str, levels: tuple[str, ...]) -> str:
    text = f"cast(`{column}` as string)"
    known = ", ".join(sql_text(level) for level in levels)
    return f"if({text} not in ({known}), concat('{column}=', {text}), null)"


def _product(settings: FeatureSettings, own: list[Number], first: str, second: str) -> Number:
    factors = [next(number for number in own if number.columns == (column,)) for column in (first, second)]
    known = [
        each.sql if isinstance(each.fill, str) else f"coalesce({each.sql}, {sql_number(each.fill)})" for each in factors
    ]
    domain = next((each.domain for each in factors if each.domain), "")
    fill = settings.impute.numbers
    return Number(f"{first} x {second}", (first, second), f"({known[0]}) * ({known[1]})", fill, domain=domain)


def _level(settings: FeatureSettings, column: str, in_pair: bool = False) -> str:
    fill = settings.impute.of_category(column)
    if fill == MOST_FREQUENT:
        fill = "missing" if in_pair else UNKNOWN
    return f"concat('{column}=', coalesce(cast(`{column}` as string), {sql_text(fill)}))"
