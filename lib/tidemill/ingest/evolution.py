"""Whether a contract's silver can still be read by those who read it before."""

from pyspark.sql.types import StructType

from tidemill.contract import Contract
from tidemill.ingest.refusals import WouldBreakReaders
from tidemill.lake import Lake, Ledger

# Types that Spark calls otherwise than contracts do.
SPOKEN = {"byte": "tinyint", "short": "smallint"}


def require_readable(lake: Lake, ledger: Ledger, contract: Contract) -> None:
    """Refuse a contract whose silver would break those who read it.

    New columns are taken. A column that is gone or has another type, another key and another way of writing are not:
    rows written before would not fit those written after.

    Args:
        lake: where silver is.
        ledger: which knows the contract that silver was written under last.
        contract: as it is now.

    Raises:
        WouldBreakReaders: the contract must be taken back, or the table rebuilt.
    """
    written = ledger.contract(contract.name)
    if written is None or not lake.exists(f"silver.{contract.name}"):
        return
    then = Contract.model_validate(written)
    if then.fingerprint == contract.fingerprint:
        return
    if contract.images or then.images:
        change = _image_change(then, contract)
    else:
        change = _column_change(lake.read(f"silver.{contract.name}").schema, contract) or _meaning_change(
            then, contract
        )
    if change:
        raise WouldBreakReaders(contract.name, change)


def _column_change(kept: StructType, contract: Contract) -> str:
    for field in kept:
        if field.name.startswith("_"):
            continue
        if field.name not in contract.columns:
            return f"column '{field.name}' is in silver and no longer in the contract"
        now = contract.columns[field.name].type.replace(" ", "")
        now = SPOKEN.get(now, now)
        if now != field.dataType.simpleString():
            return f"column '{field.name}' is {field.dataType.simpleString()} in silver and {now} in the contract"
    return ""


def _image_change(then: Contract, now: Contract) -> str:
    if not then.images or not now.images:
        return "silver's rows were no images before, or are none now"
    if then.images.prepared_as != now.images.prepared_as:
        return f"silver's images are {then.images.prepared_as} and the contract says {now.images.prepared_as}"
    return ""


def _meaning_change(then: Contract, now: Contract) -> str:
    if then.write != now.write:
        return f"silver was written by '{then.write}' and the contract says 'write: {now.write}'"
    if then.key != now.key:
        return f"silver's key was {list(then.key)} and the contract says {list(now.key)}"
    if now.write == "scd2" and then.order_by != now.order_by:
        return f"silver's history was ordered by {list(then.order_by)} and the contract says {list(now.order_by)}"
    return ""
