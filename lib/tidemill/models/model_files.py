"""The files of conf/models: which there are, of what task each is, and how one is read strictly."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from tidemill.config import Config, Frozen, read_model_document, wrong_document
from tidemill.errors import RequestWrong, suggestion

# The task of models that learn from images, whose files are read by tidemill.models.images.
IMAGE_CLASSES = "image_classes"
TASKS = ("binary", "regression", IMAGE_CLASSES)


class UnknownModel(RequestWrong):
    """No file describes this model."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no model '{name}' in conf/models/. {suggestion(name, known)}")


class OtherName(RequestWrong):
    """A model's file has the name of another."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(f"{path}: name is '{name}', but the file's is '{path.stem}'. Make both the same.")


class OtherTask(RequestWrong):
    """A model's file is of a task that another job is for."""

    def __init__(self, name: str, task: str, expected: str) -> None:
        job = f"train_images.py --model {name}" if task == IMAGE_CLASSES else f"train_{name}.py"
        super().__init__(
            f"conf/models/{name}.yaml: task is '{task}', but {expected} was expected here. Train it with jobs/{job}."
        )


class OtherModelsSetting(RequestWrong):
    """A --set lays a value over the file of a model that the job does not read."""

    def __init__(self, given: str, name: str) -> None:
        other, _, setting = given.partition(".")
        super().__init__(
            f"--set {given} is for the model {other}, but this job is about {name}. Set {name}.{setting}, or name the "
            "other model."
        )


class ModelFile(Frozen):
    """What every model's file says.

    Attributes:
        name: the registered name, the file's own.
    """

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")


F = TypeVar("F", bound=ModelFile)


def read_model_file(config: Config, name: str, kind: type[F], tasks: Sequence[str]) -> F:
    """Read conf/models/NAME.yaml, with what `--set NAME.KEY=VALUE` says laid over it.

    Args:
        config: says where the files are.
        name: of the model.
        kind: what its file must say.
        tasks: those that the kind is for.

    Raises:
        UnknownModel: there is no such file.
        OtherTask: it is of a task that another kind is for.
        WrongDocument: it says something that it may not say.
        OtherName: it names another model than its file does.
    """
    _require_file(config, name)
    document = read_model_document(config, name)
    task = document.data.get("task")
    if task in TASKS and task not in tasks:
        raise OtherTask(name, str(task), " or ".join(tasks))
    try:
        settings = kind.model_validate(document.data)
    except ValidationError as error:
        raise wrong_document(document, kind, error) from error
    if settings.name != name:
        raise OtherName(document.path, settings.name)
    return settings


def require_own_settings(config: Config, name: str) -> None:
    """Refuse what `--set` says of other models, which would change nothing.

    Args:
        config: has what was typed.
        name: of the model that a job is about.

    Raises:
        OtherModelsSetting: a setting is for another one.
    """
    for given in config.model_overrides:
        if not given.startswith(f"{name}."):
            raise OtherModelsSetting(given, name)


def task_of(config: Config, name: str) -> str:
    """What kind of answer a model gives, as its file says, which is looked at no further.

    Raises:
        UnknownModel: there is no such file.
        WrongDocument: it is no mapping.
    """
    _require_file(config, name)
    return str(read_model_document(config, name).data.get("task", ""))


def known_models(config: Config) -> list[str]:
    """The names of all models that have a file."""
    return sorted(file.stem for file in (config.conf_dir / "models").glob("*.yaml"))


def _require_file(config: Config, name: str) -> None:
    if name not in (known := known_models(config)):
        raise UnknownModel(name, known)
