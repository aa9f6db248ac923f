"""Read and write JSON without changing a delivered value: 29.850 stays 29.850."""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from tidemill.formats.header import unused_name


class Number(str):
    """A JSON number's delivered text, told from a string so that nested values are written back without quotes."""

    __slots__ = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        members = {}
        for name, value in pairs:
            members[unused_name(name, members, [key for key, _ in pairs])] = value
    return members


# NaN and Infinity are no JSON, yet Python and others write them; what they are worth is the contract's to say.
DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=_object, strict=False
)


def delivered_text(value: Any) -> str | None:
    """A value as one column holds it: strings and numbers as delivered, null as None, nested values as JSON text."""
    if value is None or isinstance(value, str):
        return value
    return json_text(value)


def json_text(value: Any) -> str:
    """Write a value read by `DECODER` as compact JSON, its numbers as delivered."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{encode_basestring(name)}:{json_text(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return {None: "null", True: "true", False: "false"}[value]
