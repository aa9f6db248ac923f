"""Configuration from conf/base.yaml, then the environment's file, then what was given on the command line."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tidemill.config.documents import Document, Keys, WrongDocument, read_document, wrong_document
from tidemill.config.model import Config
from tidemill.errors import RequestWrong, suggestion

NAME = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")


class NoConfiguration(RequestWrong):
    """No conf/base.yaml was found."""

    def __init__(self, looked: Sequence[Path]) -> None:
        places = ", ".join(str(place) for place in looked)
        super().__init__(
            f"no conf/base.yaml in or above {places}. Run from the project's folder, or set TIDEMILL_CONF to its "
            "conf folder."
        )


class UnknownEnvironment(RequestWrong):
    """--env names an environment that has no file."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"--env {name}: there is no conf/{name}.yaml. {suggestion(name, known)}")


class WrongOverride(RequestWrong):
    """A --set that is not key=value."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"--set {given}: expected key=value, the value in YAML, as in "
            "--set spark.settings.spark.sql.shuffle.partitions=8"
        )


def load_config(environment: str = "local", home: str | None = None, overrides: Sequence[str] = ()) -> Config:
    """Read the configuration for one environment.

    Args:
        environment: the name of a file conf/NAME.yaml.
        home: the data's root instead of the configured one, a path or URI; also TIDEMILL_HOME.
        overrides: `key=value` texts, keys dotted, values YAML. Where the first key is the name of a model's file,
            conf/models/NAME.yaml, the rest are laid over that file when it is read.

    Raises:
        RequestWrong: no such environment, an unknown key, a wrong type, a malformed override.
    """
    conf_dir = find_conf_dir()
    base = read_document(conf_dir / "base.yaml")
    file = conf_dir / f"{environment}.yaml"
    if not file.is_file() or environment == "base":
        known = sorted(path.stem for path in conf_dir.glob("*.yaml") if path.stem != "base")
        raise UnknownEnvironment(environment, known)
    of_models = {text: name for text in overrides if (name := _model_of(text, conf_dir))}
    _overrides(tuple(of_models))  # a malformed one is told now, before anything is read
    given = _overrides([text for text in overrides if text not in of_models])
    chosen_home = home or os.environ.get("TIDEMILL_HOME")
    if chosen_home:
        given = given.under(Document(given.path, {"home": _absolute(chosen_home, Path.cwd())}, {}))
    document = base.under(read_document(file)).under(given)
    return config_of(document, environment, conf_dir, tuple(of_models))


def read_model_document(config: Config, name: str) -> Document:
    """Read conf/models/NAME.yaml with what was given on the command line laid over it.

    Raises:
        WrongDocument: it is unreadable, or no mapping.
    """
    texts = [text for text in config.model_overrides if _model_of(text, config.conf_dir) == name]
    file = read_document(config.conf_dir / "models" / f"{name}.yaml")
    given = _overrides(texts)
    within = {keys[1:]: place for keys, place in given.places.items() if len(keys) > 1}
    return file.under(Document(file.path, given.data.get(name, {}), within))


def config_of(document: Document, environment: str, conf_dir: Path, model_overrides: tuple[str, ...] = ()) -> Config:
    """The configuration that a document makes."""
    data = dict(document.data)
    data["home"] = _absolute(str(data.get("home", ".tidemill")), conf_dir.parent)
    names = {key: str(value) for key, value in data.items() if not isinstance(value, Mapping | list)}
    filled = fill_names(data, names, document)
    try:
        of_the_call = {"environment": environment, "conf_dir": conf_dir, "model_overrides": model_overrides}
        return Config.model_validate({**filled, **of_the_call})
    except ValidationError as error:
        raise wrong_document(document, Config, error) from error


def find_conf_dir() -> Path:
    """TIDEMILL_CONF, or the nearest conf/ in or above the working directory or the running script."""
    if "TIDEMILL_CONF" in os.environ:
        starts = [Path(os.environ["TIDEMILL_CONF"])]
        candidates = starts
    else:
        starts = [Path.cwd(), Path(sys.argv[0]).resolve().parent, Path(__file__).resolve().parent]
        candidates = [above / "conf" for start in starts for above in (start, *start.parents)]
    for candidate in candidates:
        if (candidate / "base.yaml").is_file():
            return candidate.resolve()
    raise NoConfiguration(starts)


def fill_names(value: Any, names: Mapping[str, str], document: Document, keys: tuple[str | int, ...] = ()) -> Any:
    """Replace each ${name} by what it stands for; ${env:NAME} stays, as a secret is read where it is used.

    Raises:
        WrongDocument: a name that is not known, with the nearest one that is.
    """
    if isinstance(value, Mapping):
        return {key: fill_names(inner, names, document, (*keys, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill_names(inner, names, document, (*keys, index)) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value

    def known(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in names:
            hint = suggestion(f"${{{name}}}", [f"${{{one}}}" for one in sorted(names)])
            raise WrongDocument(f"{document.at(keys)}: nothing is called '${{{name}}}'. {hint}")
        return NAME.sub(known, names[name]) if names[name] != value else value

    return NAME.sub(known, value)


def _absolute(home: str, start: Path) -> str:
    if "://" in home or home.startswith("file:"):
        return home.removeprefix("file://").rstrip("/") if home.startswith("file:///") else home.rstrip("/")
    return str((start / Path(home).expanduser()).resolve())


def _model_of(text: str, conf_dir: Path) -> str | None:
    """The model whose file a --set is about; the configuration's own keys come first."""
    name, dot, _ = text.partition("=")[0].partition(".")
    own = name in Config.model_fields or not dot
    return None if own or not (conf_dir / "models" / f"{name}.yaml").is_file() else name


def _overrides(texts: Sequence[str]) -> Document:
    document = Document(Path("--set"), {}, {})
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise WrongOverride(text)
        # A Spark setting's own name has dots in it, so what follows the mapping's name is one key.
        head, found, setting = key.partition("spark.settings.")
        keys = ["spark", "settings", setting] if found and not head else key.split(".")
        inner: Any = str(value) if found else _value(text, value)
        for part in reversed(keys):
            inner = {part: inner}
        places: dict[Keys, str] = {tuple(keys[:depth]): f"--set {text}" for depth in range(1, len(keys) + 1)}
        document = document.under(Document(document.path, inner, places))
    return document


def _value(text: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise WrongOverride(text) from None
