"""What a person may ask of one training on the command line, beside the model's file."""

import argparse

from tidemill.models.settings import ModelSettings


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every training job has."""
    parser.add_argument(
        "--only", metavar="A,B", help="these algorithms of the file alone, and the ensembles that they suffice for"
    )
    parser.add_argument("--folds", type=int, help="folds of the search instead of the file's, and none to confirm")
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
        settings = settings.only([name.strip() for name in request.only.split(",")])
    return settings if request.folds is None else settings.with_folds(request.folds)
