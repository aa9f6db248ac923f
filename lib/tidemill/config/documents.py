"""YAML documents read strictly: no key stands twice, and every error names its file, line and nearest known key."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from tidemill.errors import RequestWrong, suggestion

Keys = tuple[str | int, ...]


class WrongDocument(RequestWrong):
    """A configuration file or contract says something that it may not say."""


class Document(NamedTuple):
    """A parsed YAML mapping and where each of its keys stands, as `conf/base.yaml, line 7`."""

    path: Path
    data: dict[str, Any]
    places: dict[Keys, str]

    def at(self, keys: Keys) -> str:
        """Where the deepest of the keys stands that the document has."""
        for depth in range(len(keys), 0, -1):
            if keys[:depth] in self.places:
                return self.places[keys[:depth]]
        return shown(self.path)

    def under(self, above: "Document") -> "Document":
        """This document with another laid over it."""
        return Document(above.path, merged(self.data, above.data), {**self.places, **above.places})


def shown(path: Path) -> str:
    """The path as a person at this working directory would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class _Loader(yaml.SafeLoader):
    """YAML 1.2's idea of a boolean: Yes, No, On and Off stay words, and a date stays its text."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp" and not (tag == "tag:yaml.org,2002:bool" and first not in "tTfF")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> Document:
    """Read one YAML mapping.

    Raises:
        WrongDocument: unreadable, not YAML, not a mapping, or a key stands twice.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        places: dict[Keys, str] = {}
        _walk(node, (), places, path)
        data = loader.construct_document(node) if node is not None else {}
    except (OSError, UnicodeDecodeError) as error:
        raise WrongDocument(f"{shown(path)} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).split("\n", maxsplit=1)[0]
        raise WrongDocument(f"{shown(path)}{where}: not valid YAML: {problem}.") from error
    if not isinstance(data, dict):
        raise WrongDocument(f"{shown(path)}: expected keys and values, got {type(data).__name__}.")
    return Document(path, data, places)


def _walk(node: yaml.Node | None, keys: Keys, places: dict[Keys, str], path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*keys, key.value)
            place = f"{shown(path)}, line {key.start_mark.line + 1}"
            if below in places:
                what = "column" if keys and keys[-1] == "columns" else "key"
                first = places[below].rpartition(", ")[2]
                raise WrongDocument(
                    f"{place}: the {what} '{key.value}' stands twice, first on {first}. Remove or rename one of them."
                )
            places[below] = place
            _walk(value, below, places, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            places[(*keys, index)] = f"{shown(path)}, line {value.start_mark.line + 1}"
            _walk(value, (*keys, index), places, path)


def wrong_document(document: Document, model: type[BaseModel], error: ValidationError) -> WrongDocument:
    """The first thing wrong with a document, in one line, and how many more there are."""
    errors = error.errors(include_url=False)
    # A mistyped key is the likeliest cause of the other errors, such as a missing one.
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    keys = tuple(first["loc"])
    name = _dotted(_without_tags(model, keys))
    if first["type"] == "extra_forbidden":
        known = known_keys(model, keys[:-1])
        problem = f"unknown key '{name}'. {suggestion(str(keys[-1]), known)}"
    elif first["type"] == "missing":
        problem = f"the key '{name}' is missing."
    elif first["type"] == "value_error":
        message = first["msg"].removeprefix("Value error, ")
        problem = f"'{name}': {message}" if name else message
        problem += "" if message.endswith(("?", ".")) else "."
    else:
        message = first["msg"][0].lower() + first["msg"][1:]
        problem = f"'{name}': {message}, got {first['input']!r}."
    more = f" ({len(errors) - 1} more after it)" if len(errors) > 1 else ""
    return WrongDocument(f"{document.at(keys)}: {problem}{more}")


def _without_tags(model: type[BaseModel], keys: Keys) -> list[str | int]:
    """The keys as they stand in the file: where one of several models was chosen, its name is among pydantic's."""
    here: Any = model
    kept = []
    for place, key in enumerate(keys):
        below = _below(here, key)
        tag = below is here or below is _tagged(here, key)
        if not tag or place == len(keys) - 1:
            kept.append(key)
        here = below
    return kept


def _dotted(keys: Sequence[str | int]) -> str:
    return ".".join(str(key) for key in keys)


def known_keys(model: type[BaseModel], keys: Keys) -> list[str]:
    """The keys that the model knows at a place, by their names in the file."""
    here: Any = model
    for key in keys:
        here = _below(here, key)
    found = dict.fromkeys(name for inner in _models_in(here) for name in _fields(inner))
    return list(found)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _below(annotation: Any, key: str | int) -> Any:
    """The annotation one key further down; where the key is only a union's tag, its model or the same one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fields(annotation).get(str(key), annotation)
    # Before the keys of its models: a tag may be called as one of them.
    if tagged := _tagged(annotation, key):
        return tagged
    inner = get_args(annotation)
    if get_origin(annotation) is dict:
        return inner[1]
    if get_origin(annotation) in (list, tuple) and isinstance(key, int):
        return inner[0]
    return next((_below(one, key) for one in inner if _models_in(one) and _below(one, key) != one), annotation)


def _tagged(annotation: Any, key: str | int) -> type[BaseModel] | None:
    """The one of several models that a tag names: by a field that can have no other value."""
    models = _models_in(annotation)
    tags = {model: [get_args(kind) for kind in _fields(model).values()] for model in models if len(models) > 1}
    return next((model for model, kinds in tags.items() if (key,) in kinds), None)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (dict, list, tuple):
        return []
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two nested mappings as one; where both speak, `above` is heard."""
    result = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
