"""Orders to load: ten columns of mixed types in csv, one row in a hundred with a value that a check refuses."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

CITIES = ("Bonn", "Kiel", "Jena", "Ulm", "Mainz", "Köln")
BAD_SHARE = 0.01
SEED = 20240101
BLOCK = 250_000
# What spoils a row: the column, and the text that its check refuses.
FAULTS = (
    ("id", "-5"), ("customer", "12345"), ("city", "Rome"), ("quantity", "0"), ("quantity", "many"),
    ("price", "-0.01"), ("discount", "1.5"), ("ordered_on", "2014-12-31"), ("email", "nobody"), ("paid", "perhaps"),
)  # fmt: skip

TYPES = {
    "id": "bigint",
    "customer": "string",
    "city": "string",
    "quantity": "int",
    "price": "decimal(10,2)",
    "discount": "double",
    "ordered_on": "date",
    "shipped_at": "timestamp",
    "email": "string",
    "paid": "boolean",
}
CHECKS: dict[str, dict[str, Any]] = {
    "id": {"required": True, "min": 1},
    "customer": {"required": True, "pattern": "^C[0-9]{6}$"},
    "city": {"required": True, "one_of": list(CITIES)},
    "quantity": {"min": 1, "max": 500},
    "price": {"min": 0, "max": 100000},
    "discount": {"min": 0, "max": 1},
    "ordered_on": {"required": True, "min": "2015-01-01"},
    "shipped_at": {"min": "2015-01-01 00:00:00"},
    "email": {"length": {"min": 5, "max": 60}, "pattern": "^[^@]+@[^@]+$"},
    "paid": {"required": True},
}
ROW_CHECKS = (
    {"name": "shipped_after_ordered", "sql": "shipped_at >= ordered_on"},
    {"name": "discount_below_price", "sql": "discount <= price"},
)


def contract(folder: str, checks: bool = True) -> dict[str, Any]:
    """The contract, with or without its twenty checks; each value must be one of its type either way."""
    columns = {name: {"type": kind, **(CHECKS[name] if checks else {})} for name, kind in TYPES.items()}
    source = {"kind": "files", "path": folder}
    own = {"name": "orders", "version": 1, "source": source, "columns": columns}
    return {**own, "checks": list(ROW_CHECKS)} if checks else own


def write_orders(folder: Path, rows: int, files: int) -> int:
    """Write rows over files of equal size; return how many rows have a fault."""
    folder.mkdir(parents=True)
    bounds = np.linspace(0, rows, files + 1).astype(int)
    faults = 0
    for number, (first, last) in enumerate(pairwise(bounds)):
        with (folder / f"orders-{number:05d}.csv").open("wb") as file:
            for start in range(first, last, BLOCK):
                block, spoilt = _block(start, min(start + BLOCK, last))
                faults += spoilt
                options = pyarrow.csv.WriteOptions(include_header=start == first, quoting_style="needed")
                pyarrow.csv.write_csv(block, file, options)
    return faults


def _block(first: int, last: int) -> tuple[pa.Table, int]:
    random = np.random.default_rng((SEED, first))
    count = last - first
    number = np.arange(first + 1, last + 1)
    customer = random.integers(0, 1_000_000, count)
    day = np.datetime64("2020-01-01") + random.integers(0, 1400, count).astype("timedelta64[D]")
    shipped = day.astype("datetime64[s]") + random.integers(0, 864_000, count).astype("timedelta64[s]")
    price = random.integers(100, 9_999_999, count)
    columns = {
        "id": number.astype(str),
        "customer": np.char.add("C", np.char.zfill(customer.astype(str), 6)),
        "city": np.array(CITIES)[random.integers(0, len(CITIES), count)],
        "quantity": random.integers(1, 501, count).astype(str),
        "price": np.char.add(np.char.add((price // 100).astype(str), "."), np.char.zfill((price % 100).astype(str), 2)),
        "discount": np.round(random.random(count), 3).astype(str),
        "ordered_on": day.astype(str),
        "shipped_at": np.char.replace(shipped.astype(str), "T", " "),
        "email": np.char.add(np.char.add("user", customer.astype(str)), "@example.com"),
        "paid": np.where(random.random(count) < 0.8, "true", "false"),
    }
    columns = {name: values.astype(object) for name, values in columns.items()}
    spoilt = np.flatnonzero(random.random(count) < BAD_SHARE)
    for place, fault in zip(spoilt, random.integers(0, len(FAULTS), len(spoilt)), strict=True):
        column, text = FAULTS[fault]
        columns[column][place] = text
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), len(spoilt)
