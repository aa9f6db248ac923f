"""What a version of a table was made of."""

from typing import NamedTuple

from pyspark.sql import functions as F

from tidemill.lake.ledger import EVENTS
from tidemill.lake.tables import Lake


class Input(NamedTuple):
    """A table that another was made of: which version, and the version of the contract that it was written under."""

    version: int
    contract_version: int | None


def inputs_of(lake: Lake, table: str, version: int) -> dict[str, Input]:
    """The tables that the run read which wrote this version, by the ledger; empty where no run says so.

    Args:
        lake: has the ledger.
        table: as in gold.customer_features.
        version: of it.
    """
    if not lake.exists(EVENTS):
        return {}
    events = lake.read(EVENTS).where("event = 'committed'")
    at_version = F.try_element_at("table_versions", F.lit(table)) == version
    built = events.where(at_version & (F.col("job") == "build_gold"))
    found = built.agg(F.max_by("table_versions", "at").alias("versions")).first()  # one row
    read = {name: at for name, at in ((found and found["versions"]) or {}).items() if name != table}
    return {name: Input(at, _contract_version(lake, name, at)) for name, at in sorted(read.items())}


def _contract_version(lake: Lake, table: str, version: int) -> int | None:
    written = F.try_element_at("table_versions", F.lit(table)) <= version
    runs = lake.read(EVENTS).where((F.col("event") == "committed") & written & F.col("contract_version").isNotNull())
    found = runs.agg(F.max_by("contract_version", "at").alias("version")).first()  # one row
    return int(found["version"]) if found and found["version"] is not None else None
