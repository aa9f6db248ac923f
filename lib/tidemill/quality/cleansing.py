"""Cleansing: the delivered text of each column, step by step in the contract's order."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract

# What people see as blank, and Spark's trim, which takes spaces alone, leaves.
BLANKS = " \t\r\n\u00a0"


def cleansed(delivered: DataFrame, contract: Contract) -> DataFrame:
    """Cleanse the delivered text.

    Args:
        delivered: bronze's columns; those of the contract are strings.
        contract: whose `cleanse` is applied.

    Returns:
        The same columns, those of the contract cleansed.
    """
    texts = {name: F.col(f"`{name}`") for name in contract.columns}
    for step in contract.cleanse:
        ((verb, given),) = step.model_dump(exclude_none=True).items()
        names = step.columns() or tuple(texts)
        for name in names:
            arguments = given.get(name) if isinstance(given, dict) else None
            texts[name] = STEPS[verb](texts[name], arguments)
    others = [F.col(f"`{column}`") for column in delivered.columns if column not in texts]
    return delivered.select(*[text.alias(name) for name, text in texts.items()], *others)


def _replaced(text: Column, replacements: dict[str, str]) -> Column:
    result = text
    for old, new in replacements.items():
        result = F.when(text == F.lit(old), F.lit(new)).otherwise(result)
    return result


STEPS: dict[str, Callable[..., Column]] = {
    "trim": lambda text, _: F.btrim(text, F.lit(BLANKS)),
    "empty_to_null": lambda text, _: F.when(text != "", text),
    "lower": lambda text, _: F.lower(text),
    "upper": lambda text, _: F.upper(text),
    "replace": _replaced,
    "fill": lambda text, value: F.coalesce(text, F.lit(value)),
}
