"""What a model's file may say of how algorithms are combined, of rare classes, and of the threshold."""

from typing import Any, Literal

from pydantic import Field

from tidemill.config import Frozen

Way = Literal["weights", "over", "under", "smote"]
Recalibration = Literal["none", "prior", "platt", "isotonic"]


class EnsembleSettings(Frozen):
    """One more candidate, made of others once these are tuned.

    Attributes:
        kind: voting takes the mean of the answers; stacking learns how far to trust each, on predictions out of fold.
        of: algorithms among the candidates, each with the parameters that did best.
        settings: further parameters: `weights` of voting; `metaRegParam` and `folds` of stacking.
    """

    kind: Literal["voting", "stacking"]
    of: tuple[str, ...] = Field(min_length=2)
    settings: dict[str, Any] = Field(default_factory=dict)


class ImbalanceSettings(Frozen):
    """Ways to learn a rare class, tried on the best single candidate; each changes only the rows that are learnt from.

    Attributes:
        ways: class weights, random over- or under-sampling, SMOTE.
        recalibrate: how probabilities are brought back to the share of class 1 that there is: by the prior, by a map
            learnt out of fold (platt, isotonic), or not.
    """

    ways: tuple[Way, ...] = Field(min_length=1)
    recalibrate: Recalibration = "prior"


class ThresholdSettings(Frozen):
    """From which probability on a row counts as class 1, chosen on predictions out of fold.

    Attributes:
        by: the best F-beta, or the least cost of all errors together.
        beta: how many times as much recall counts as precision.
        false_positive: what it costs to take a row of class 0 for class 1, in any unit.
        false_negative: what it costs to miss a row of class 1, in the same unit.
    """

    by: Literal["f", "cost"]
    beta: float = Field(default=1.0, gt=0)
    false_positive: float = Field(default=1.0, gt=0)
    false_negative: float = Field(default=1.0, gt=0)
