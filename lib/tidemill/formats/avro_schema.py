"""Say whether data of an Avro schema can be read within bounds."""

from typing import Any

# Names that stand for records of records make a small schema a record of millions of fields.
_MOST_FIELDS = 100_000


def unbounded(schema: Any) -> str:
    """What of a schema lets a few bytes grow without end; empty where nothing does.

    Args:
        schema: as JSON has it, checked by `fastavro.parse_schema`.
    """
    named: dict[str, Any] = {}
    _collect(schema, named)
    if any(_recurs(each, named, (name,)) for name, each in named.items()):
        # Nesting as deep as the data say ends the process that reads them.
        return "a schema that contains itself"
    sizes: dict[str, int] = {}
    if _size(schema, named, sizes) > _MOST_FIELDS:
        return f"more than {_MOST_FIELDS} fields"
    return "an array of items without content" if _counts_nothing(schema, named) else ""


def _inner(schema: Any) -> list[Any]:
    """The schemas directly inside a schema."""
    if isinstance(schema, list):
        return schema
    if not isinstance(schema, dict):
        return []
    inner = [schema.get("items"), schema.get("values"), *(field["type"] for field in schema.get("fields", ()))]
    return [*(each for each in inner if each), *([schema["type"]] if isinstance(schema["type"], dict | list) else [])]


def _short(name: str) -> str:
    # Two records of one name in two namespaces are taken for one: they are rare, and the bounds still hold.
    return name.rpartition(".")[2]


def _collect(schema: Any, named: dict[str, Any]) -> None:
    if isinstance(schema, dict) and "name" in schema:
        named[_short(schema["name"])] = schema
    for each in _inner(schema):
        _collect(each, named)


def _references(schema: Any, named: dict[str, Any]) -> set[str]:
    if isinstance(schema, str):
        return {_short(schema)} & set(named)
    return set().union(*(_references(each, named) for each in _inner(schema)))


def _recurs(schema: Any, named: dict[str, Any], above: tuple[str, ...]) -> bool:
    """Whether a record leads back to one that it stands in; references lead on, each followed once."""
    seen: set[str] = set()
    waiting = _references(schema, named) | _defined(schema, named)
    while waiting:
        name = waiting.pop()
        if name in above:
            return True
        if name not in seen:
            seen.add(name)
            waiting |= _references(named[name], named) | _defined(named[name], named)
    return False


def _defined(schema: Any, named: dict[str, Any]) -> set[str]:
    found: dict[str, Any] = {}
    for each in _inner(schema):
        _collect(each, found)
    return set(found) & set(named)


def _size(schema: Any, named: dict[str, Any], sizes: dict[str, int]) -> int:
    if isinstance(schema, str):
        name = _short(schema)
        if name in named and name not in sizes:
            sizes[name] = _size(named[name], named, sizes)
        return sizes.get(name, 1)
    return 1 + sum(_size(each, named, sizes) for each in _inner(schema))


def _counts_nothing(schema: Any, named: dict[str, Any]) -> bool:
    """Whether an array's items may take no byte, so that a few bytes could count any number of them."""
    items = schema.get("items") if isinstance(schema, dict) else None
    if items is not None and _is_nothing(items, named):
        return True
    return any(_counts_nothing(each, named) for each in _inner(schema))


def _is_nothing(schema: Any, named: dict[str, Any]) -> bool:
    if isinstance(schema, str) and _short(schema) in named:
        return _is_nothing(named[_short(schema)], named)
    kind = schema.get("type") if isinstance(schema, dict) else schema
    if kind == "record":
        return all(_is_nothing(field["type"], named) for field in schema["fields"])
    return kind == "null" or (kind == "fixed" and schema["size"] == 0)
