"""Train a network by stages: linear probe, gradual unfreezing, early stopping, resume at a step."""

from tidemill.models.images.training.agreeing import LossNotFinite, NoImages, OtherClasses, OtherFeatures, RanksDiffer
from tidemill.models.images.training.fitting import Fitted, fit
from tidemill.models.images.training.probing import FrozenFeeds, features_of
from tidemill.models.images.training.state import Epoch
from tidemill.models.images.training.unfreezing import UnknownBlock, require_buildable
from tidemill.models.images.training.validating import Validated, validate
from tidemill.models.images.training.weighing import EmptyClass

__all__ = [
    "EmptyClass",
    "Epoch",
    "Fitted",
    "FrozenFeeds",
    "LossNotFinite",
    "NoImages",
    "OtherClasses",
    "OtherFeatures",
    "RanksDiffer",
    "UnknownBlock",
    "Validated",
    "features_of",
    "fit",
    "require_buildable",
    "validate",
]
