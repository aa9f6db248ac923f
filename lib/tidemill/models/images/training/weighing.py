"""Weights of classes that differ in size."""

import torch
from torch import Tensor

from tidemill.errors import RequestWrong
from tidemill.models.images.feeding import Feed


class EmptyClass(RequestWrong):
    """A class has no sample to learn from."""

    def __init__(self, name: str) -> None:
        super().__init__(f"class '{name}' has no sample in the train split. Give it some, or leave its folder out.")


def balanced_weights(feed: Feed) -> Tensor:
    """The mean size of the classes over each one's size, so that the mean over all samples is 1.

    Returns:
        Float [classes].

    Raises:
        EmptyClass: one has no sample.
    """
    for name, size in zip(feed.classes, feed.class_sizes, strict=True):
        if not size:
            raise EmptyClass(name)
    sizes = torch.tensor(feed.class_sizes)
    return (sizes.sum() / len(sizes) / sizes).float()
