"""Stages that hold other stages, copied, saved and loaded together with them."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from pyspark.ml.param import Param, Params
from pyspark.ml.util import (
    DefaultParamsReader,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)

from tidemill.errors import RequestWrong


class CannotBeSaved(RequestWrong):
    """A stage inside another one knows no way to be written."""

    def __init__(self, outer: str, inner: str) -> None:
        super().__init__(f"{outer} cannot be saved: the {inner} inside it is not writable. Use a stage with write().")


class HoldsStages(Params, MLReadable[Any], MLWritable):
    """A stage some of whose parameters are stages, or lists of them.

    On disk each lies in a folder of its own, `stages/PARAMETER/PLACE`, written by its own writer.

    Attributes:
        holds: the names of those parameters.
    """

    holds: ClassVar[tuple[str, ...]] = ()

    def copy(self, extra: Any = None) -> Self:
        """A copy whose inner stages are copies too; `extra` may set parameters of any of them, as a grid does."""
        copied = super().copy(extra)
        for name in self.holds:
            if self.isSet(name):
                value = copied.getOrDefault(name)
                many = isinstance(value, list)
                copied._set(**{name: [each.copy(extra) for each in value] if many else value.copy(extra)})
        return copied

    def write(self) -> MLWriter:
        """What saves it."""
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[Any]:
        """What loads it."""
        return _Reader(cls)


class _Writer(MLWriter):
    def __init__(self, instance: HoldsStages) -> None:
        super().__init__()
        self.instance = instance

    def saveImpl(self, path: str) -> None:  # noqa: N802 (MLWriter's own name)
        instance = self.instance
        given: dict[str, Any] = {each.name: instance.getOrDefault(each) for each in _set_params(instance)}
        held = {name: given.pop(name) for name in instance.holds if name in given}
        counts = {name: len(value) if isinstance(value, list) else None for name, value in held.items()}
        DefaultParamsWriter.saveMetadata(instance, path, self.sc, {"stages": counts}, given)
        for name, value in held.items():
            for place, stage in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(stage, MLWritable):
                    raise CannotBeSaved(type(instance).__name__, type(stage).__name__)
                stage.write().save(_folder(path, name, place))


class _Reader(MLReader[Any]):
    def __init__(self, kind: type[HoldsStages]) -> None:
        super().__init__()
        self.kind = kind

    def load(self, path: str) -> Any:
        metadata = DefaultParamsReader.loadMetadata(path, self.sc)
        instance: Any = self.kind()
        instance._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(instance, metadata)
        for name, count in metadata["stages"].items():
            stages: list[Any] = [
                DefaultParamsReader.loadParamsInstance(_folder(path, name, place), self.sc)
                for place in range(1 if count is None else count)
            ]
            instance._set(**{name: stages[0] if count is None else stages})
        return instance


def _set_params(instance: Params) -> Sequence[Param[Any]]:
    return [each for each in instance.params if instance.isSet(each)]


def _folder(path: str, name: str, place: int) -> str:
    return f"{path}/stages/{name}/{place}"
