"""What a person may ask of one training on the command line, beside the model's file."""

import argparse

from tidemill.models.settings import FEWEST_FOLDS, MOST_FOLDS, ModelSettings


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every training job has."""
    parser.add_argument(
        "--only",
        metavar="A,B",
        help="these algorithms of conf/models/NAME.yaml alone, and the ensembles that they suffice for",
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
        WrongFolds: there are fewer than two folds or more than a hundred.
    """
    if request.only is not None:
        settings = settings.only([name.strip() for name in request.only.split(",") if name.strip()])
    return settings if request.folds is None else settings.with_folds(request.folds)


def _whole(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {FEWEST_FOLDS} to {MOST_FOLDS}")
    return int(text)
