"""Bases with weights of another task, and the classifier that is built of one."""

from tidemill.models.images.networks.building import NoWeightsWanted, UnknownBase, build_network
from tidemill.models.images.networks.network import Base, Network
from tidemill.models.images.networks.weights import NoWeights, OtherWeights, WeightsMissing
from tidemill.models.images.networks.zoo import NeedsTorchvision

__all__ = [
    "Base",
    "NeedsTorchvision",
    "Network",
    "NoWeights",
    "NoWeightsWanted",
    "OtherWeights",
    "UnknownBase",
    "WeightsMissing",
    "build_network",
]
