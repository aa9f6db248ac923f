"""Schema drift: how what is delivered differs from the contract, and from what was delivered the last time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract
from tidemill.contract.columns import DECIMAL, INTEGERS
from tidemill.errors import nearest

ALIASES = {"tinyint": "byte", "smallint": "short", "integer": "int", "long": "bigint"}
# The decimal digits of the largest whole numbers, and how many of any a fraction holds exactly.
DIGITS = {"byte": 3, "short": 5, "int": 10, "bigint": 19}
EXACT = {"float": 6, "double": 15}
NAMES = 1000
NAME_LENGTH = 200
TOLD = 20
KEPT = "it is kept in bronze, as a part of _rescued."


@dataclass(frozen=True)
class Drift:
    """One difference.

    Attributes:
        kind: unknown_column, missing_optional, missing_required, type_widened, type_narrowed or type_changed.
        column: the delivered name.
        detail: the files, or the types.
        sentence: the difference in words.
    """

    kind: str
    column: str
    detail: str
    sentence: str


def drift(
    contract: Contract,
    columns: Mapping[str, Sequence[str]],
    types: Mapping[str, str] | None = None,
    previous_types: Mapping[str, str] | None = None,
    previous_columns: Sequence[str] = (),
) -> list[Drift]:
    """Compare a delivery with its contract and with the delivery before.

    Args:
        contract: the dataset's.
        columns: the columns that each file, table or topic delivers, by its name.
        types: the types of delivered columns as Spark names them, from sources that have types.
        previous_types: those of the last delivery.
        previous_columns: the columns of the last delivery; an unknown one of them is known to be unknown.

    Returns:
        Missing columns first, then unknown ones, then types; within each in the contract's or the delivery's order.
    """
    return [
        *_missing(contract, columns),
        *_unknown(contract, columns, previous_columns),
        *_retyped(types or {}, previous_types or {}),
    ]


def beside_contract(bronze: DataFrame) -> list[str]:
    """What was delivered beside the contract's columns, in words; for sources of which only the records tell it.

    Args:
        bronze: see `unknown_columns`.
    """
    found = unknown_columns(bronze).limit(TOLD + 1).toLocalIterator()  # a few rows
    told = [f"{row['rows']} records have '{row['column']}', which the contract does not know; {KEPT}" for row in found]
    return [*told[:TOLD], "There are more such columns; see _rescued in bronze."] if len(told) > TOLD else told


def unknown_columns(bronze: DataFrame) -> DataFrame:
    """Count the columns that were delivered beside the contract's.

    Args:
        bronze: rows with _rescued string, a JSON object or null.

    Returns:
        The 1,000 most frequent ones (hostile deliveries may have a million): column string, cut at 200 characters;
        rows bigint.
    """
    names = F.explode(F.json_object_keys("_rescued")).alias("column")
    counted = bronze.where(F.col("_rescued").isNotNull()).select(names)
    by_name = counted.groupBy(F.substring("column", 1, NAME_LENGTH).alias("column")).agg(F.count("*").alias("rows"))
    return by_name.orderBy(F.desc("rows"), "column").limit(NAMES)


def _missing(contract: Contract, columns: Mapping[str, Sequence[str]]) -> Iterator[Drift]:
    for name, column in contract.columns.items():
        delivered_name = contract.delivered_name(name)
        lacking = [where for where, delivered in columns.items() if not _delivers(delivered, delivered_name)]
        if not lacking:
            continue
        others = dict.fromkeys(other for where in lacking for other in columns[where])
        hint = nearest(delivered_name, others)
        means = "which the contract requires" if column.required else f"so that {name} has no value there"
        sentence = f"{_listed(lacking)} has no column '{delivered_name}', {means}.{' ' if hint else ''}{hint}"
        yield Drift(
            "missing_required" if column.required else "missing_optional", delivered_name, _listed(lacking), sentence
        )


def _delivers(delivered: Sequence[str], name: str) -> bool:
    return name in delivered or name.partition(".")[0] in delivered


def _unknown(
    contract: Contract, columns: Mapping[str, Sequence[str]], previous_columns: Sequence[str]
) -> Iterator[Drift]:
    known = set(contract.delivered_names.values())
    known |= {name.partition(".")[0] for name in known} | set(previous_columns)
    found: dict[str, list[str]] = {}
    for where, delivered in columns.items():
        for name in delivered:
            if name not in known and (name in found or len(found) < NAMES):
                found.setdefault(name, []).append(where)
    for name, places in found.items():
        sentence = f"{_listed(places)} has a column '{name[:NAME_LENGTH]}' that the contract does not know; "
        yield Drift("unknown_column", name, _listed(places), sentence + KEPT)


def _retyped(types: Mapping[str, str], previous: Mapping[str, str]) -> Iterator[Drift]:
    for name, delivered in types.items():
        now, before = _plain(delivered), _plain(previous.get(name, delivered))
        if now == before:
            continue
        detail = f"{before} -> {now}"
        if _widens(before, now):
            yield Drift("type_widened", name, detail, f"'{name}' was {before} and is {now} now, which holds all of it.")
            continue
        kind = "type_narrowed" if _widens(now, before) else "type_changed"
        sentence = f"'{name}' was {before} and is {now} now; values that do not fit the contract's type are refused."
        yield Drift(kind, name, detail, sentence)


def _plain(type_name: str) -> str:
    plain = re.sub(r"\s", "", type_name.lower())
    return ALIASES.get(plain, plain)


def _widens(narrow: str, wide: str) -> bool:
    """Whether every value of one type is a value of the other."""
    if narrow in INTEGERS and wide in INTEGERS:
        return INTEGERS[narrow] < INTEGERS[wide]
    if wide in EXACT:
        return (narrow, wide) == ("float", "double") or 0 < DIGITS.get(narrow, 0) <= EXACT[wide]
    if size := DECIMAL.match(wide):
        whole, scale = int(size[1]) - int(size[2]), int(size[2])
        if of := DECIMAL.match(narrow):
            return int(of[1]) - int(of[2]) <= whole and int(of[2]) <= scale
        return 0 < DIGITS.get(narrow, 0) <= whole
    return (narrow, wide) == ("date", "timestamp")


def _listed(places: Sequence[str]) -> str:
    shown = ", ".join(places[:3])
    return f"{shown} and {len(places) - 3} more" if len(places) > 3 else shown
