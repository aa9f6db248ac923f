"""Models: their settings in conf/models/, their algorithms, and how one is trained, chosen and registered."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidemill.models.model_files import IMAGE_CLASSES, UnknownModel, known_models, require_own_settings, task_of
    from tidemill.models.requests import add_training_arguments, as_requested
    from tidemill.models.settings import ModelSettings, load_model_settings
    from tidemill.models.training import put_report, train_model

__all__ = [
    "IMAGE_CLASSES",
    "ModelSettings",
    "UnknownModel",
    "add_training_arguments",
    "as_requested",
    "known_models",
    "load_model_settings",
    "put_report",
    "require_own_settings",
    "task_of",
    "train_model",
]

# Looked up when they are asked for: each process that trains images imports this package and needs none of them, and
# pyspark.ml with all that is behind them takes as long to import as torch.
_WHERE = {
    "IMAGE_CLASSES": "model_files",
    "ModelSettings": "settings",
    "UnknownModel": "model_files",
    "add_training_arguments": "requests",
    "as_requested": "requests",
    "known_models": "model_files",
    "load_model_settings": "settings",
    "put_report": "training",
    "require_own_settings": "model_files",
    "task_of": "model_files",
    "train_model": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
