"""What a person may ask of one training on the command line, beside the model's file."""

import argparse
from collections.abc import Sequence

from tidemill.errors import RequestWrong, suggestion
from tidemill.models.settings import FEWEST_FOLDS, MOST_FOLDS, ModelSettings

NO_WAY = "none"


class UnknownWay(RequestWrong):
    """A way to learn a rare class is asked for that the model's file does not name."""

    def __init__(self, model: str, way: str, known: Sequence[str]) -> None:
        hint = suggestion(way, known) if known else "It names none."
        super().__init__(f"conf/models/{model}.yaml has no way '{way}' under imbalance. {hint}")


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every training job has."""
    parser.add_argument(
        "--only",
        metavar="A,B",
        help="these algorithms of conf/models/NAME.yaml alone, and the ensembles that they suffice for",
    )
    parser.add_argument(
        "--imbalance",
        metavar="A,B",
        help="these of the file's ways to learn a rare class alone; none: none of them",
    )
    parser.add_argument(
        "--folds",
        type=_whole,
        metavar="N",
        help=f"folds of the search, {FEWEST_FOLDS} to {MOST_FOLDS}, instead of the file's, and none to confirm it",
    )
    parser.add_argument(
        "--promote", action="store_true", help="make the model the champion whatever the comparison with it says"
    )


def as_requested(settings: ModelSettings, request: argparse.Namespace) -> ModelSettings:
    """The model's file with what was asked for instead.

    Raises:
        UnknownAlgorithm: the file has no candidate of that name.
        UnknownWay: the file has no such way to learn a rare class.
        WrongFolds: there are fewer than two folds or more than a hundred.
    """
    if request.only is not None:
        settings = settings.only(_names(request.only))
    if request.imbalance is not None:
        settings = with_ways(settings, _names(request.imbalance))
    return settings if request.folds is None else settings.with_folds(request.folds)


def with_ways(settings: ModelSettings, ways: Sequence[str]) -> ModelSettings:
    """The same model with some of its ways to learn a rare class alone; `none` for none of them.

    Raises:
        UnknownWay: the file does not name it.
    """
    named = list(settings.imbalance.ways) if settings.imbalance else []
    for way in ways or ("",):
        if way not in named and list(ways) != [NO_WAY]:
            raise UnknownWay(settings.name, way, named)
    kept = tuple(way for way in named if way in ways)
    imbalance = settings.imbalance.model_copy(update={"ways": kept}) if settings.imbalance and kept else None
    return settings.model_copy(update={"imbalance": imbalance})


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _whole(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {FEWEST_FOLDS} to {MOST_FOLDS}")
    return int(text)
