"""Read records that were delivered before under a contract as it is now."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidemill.contract import Contract

_MAP = "map<string,string>"


def from_records(quarantined: DataFrame, contract: Contract) -> DataFrame:
    """Quarantined records in bronze's layout.

    Args:
        quarantined: with _record string (JSON: delivered names, _rescued, _raw), _source, _position.
        contract: whose columns are filled from what was delivered, also from what no column took then.

    Returns:
        The frame's other columns, the contract's columns, _rescued, _raw (all string).
    """
    parsed = quarantined.withColumn("_given", F.from_json("_record", _MAP))
    parsed = parsed.withColumn("_others", F.from_json(F.col("_given")["_rescued"], _MAP))
    columns = {
        name: F.coalesce(F.col("_given")[delivered], _other(F.col("_others"), delivered))
        for name, delivered in contract.delivered_names.items()
    }
    columns |= {"_rescued": F.col("_given")["_rescued"], "_raw": F.col("_given")["_raw"]}
    return parsed.withColumns(columns).drop("_given", "_others", "_record")


def from_bronze(bronze: DataFrame, contract: Contract, layouts: Mapping[str, Mapping[str, str]]) -> DataFrame:
    """Bronze's rows under the names of a contract that may have changed since they were taken.

    Args:
        bronze: its rows, with _fingerprint string: of the contract under which each was taken.
        contract: as it is now.
        layouts: fingerprint -> contract name -> delivered name, as they were.

    Returns:
        The frame's columns of a record's place and run, the contract's columns, _rescued, _raw (all string).
    """
    rows = bronze.withColumn("_others", F.from_json("_rescued", _MAP))
    columns = {name: _taken(rows, delivered, layouts) for name, delivered in contract.delivered_names.items()}
    kept = [F.col(f"`{name}`") for name in bronze.columns if name.startswith("_") and name != "_fingerprint"]
    return rows.select(*[column.alias(name) for name, column in columns.items()], *kept)


def _taken(rows: DataFrame, delivered: str, layouts: Mapping[str, Mapping[str, str]]) -> Column:
    """The text delivered under a name: in the column that took it then, or among what no column took."""
    by_column: dict[str | None, list[str]] = {}
    for fingerprint, names in layouts.items():
        column = next((name for name, was in names.items() if was == delivered and name in rows.columns), None)
        by_column.setdefault(column, []).append(fingerprint)
    other = _other(F.col("_others"), delivered)
    if len(by_column) == 1:
        (column,) = by_column
        return F.col(f"`{column}`") if column else other
    found = other
    for column, fingerprints in by_column.items():
        if column:
            found = F.when(F.col("_fingerprint").isin(*fingerprints), F.col(f"`{column}`")).otherwise(found)
    return found


def _other(others: Column, delivered: str) -> Column:
    """The text under a name, dotted for a nested one, of a map from names to texts or JSON."""
    first, _, path = delivered.partition(".")
    plain = others[delivered]
    return F.coalesce(plain, F.get_json_object(others[first], f"$.{path}")) if path else plain
