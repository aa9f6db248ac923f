"""What a text is as a value of each type, in plain Python: what Spark's casting is held against."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

SPARK_SPACE = "".join(map(chr, range(0x21))) + "\x7f"


def whole(bits: int) -> Callable[[str], str | None]:
    def value(text: str) -> str | None:
        bare = text.strip(SPARK_SPACE)
        fits = re.fullmatch(r"[+-]?[0-9]+", bare) and -(2 ** (bits - 1)) <= int(bare) < 2 ** (bits - 1)
        return str(int(bare)) if fits else None

    return value


def fraction(text: str) -> float | None:
    bare = text.strip(SPARK_SPACE)
    number = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", bare)
    return float(bare) if number and math.isfinite(float(bare)) else None


def decimal(text: str) -> str | None:
    bare = text.strip(SPARK_SPACE)
    if len(text) > 100 or not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", bare):
        return None
    # Spark counts the digits before the point as they are written, even those of nought: 0e38 is refused.
    if Decimal(bare).adjusted() >= 38:
        return None
    try:
        rounded = Decimal(bare).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return f"{rounded or abs(rounded):f}" if abs(rounded) < 10**8 else None


def boolean(text: str) -> str | None:
    bare = text.strip(SPARK_SPACE).lower()
    return (
        "true"
        if bare in ("true", "t", "yes", "y", "1")
        else "false"
        if bare in ("false", "f", "no", "n", "0")
        else None
    )


DAY = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
TIME = r"[ T]([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{0,9}))?)?(?: ?(Z|UTC|[+-][0-9]{2}:[0-9]{2}))?"


def moment(text: str) -> datetime | None:
    found = re.fullmatch(f"{DAY}(?:{TIME})?", text.strip(" "))
    if not found:
        return None
    *parts, part_of_second, offset = found.groups()
    try:
        at = datetime(*[int(part or 0) for part in parts], int(f"{part_of_second or 0:0<6}"[:6]))
    except ValueError:
        return None
    if offset in (None, "Z", "UTC"):
        return at
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
    return at + away if offset[0] == "-" else at - away


def as_date(text: str) -> str | None:
    found = re.fullmatch(f"{DAY}(?:{TIME})?", text.strip(" "))
    return str(date(*map(int, found.groups()[:3]))) if found and moment(text) else None


VALUES: dict[str, Callable[[str], Any]] = {
    "byte": whole(8),
    "short": whole(16),
    "int": whole(32),
    "bigint": whole(64),
    "double": fraction,
    "decimal(10,2)": decimal,
    "boolean": boolean,
    "date": as_date,
    "timestamp": moment,
    "string": lambda text: text,
}


def read_back(kind: str, text: str | None) -> Any:
    if text is None:
        return None
    return datetime.fromisoformat(text) if kind == "timestamp" else float(text) if kind == "double" else text
