"""Which parameters a stage teaches, each block at its own rate."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from tidemill.errors import RequestWrong, suggestion
from tidemill.models.images.networks import Network, build_network
from tidemill.models.images.settings import StageSettings, TrainingSettings

MOMENTUM = 0.9


class UnknownBlock(RequestWrong):
    """A stage unfreezes a block that the base does not have."""

    def __init__(self, stage: str, block: str, base: str, known: Iterable[str]) -> None:
        super().__init__(f"stage {stage} unfreezes '{block}', which {base} has not. {suggestion(block, known)}")


def unfrozen(network: Network, stage: StageSettings) -> tuple[str, ...]:
    """The blocks that a stage teaches, from the lowest to the highest.

    Raises:
        UnknownBlock: it names one that the base does not have.
    """
    names = list(network.blocks)
    if isinstance(stage.unfreeze, tuple):
        for name in stage.unfreeze:
            if name not in names:
                raise UnknownBlock(stage.name, name, network.base, names)
        return tuple(name for name in names if name in stage.unfreeze)
    many = math.ceil(stage.unfreeze * len(names) - 1e-9)
    return tuple(names[len(names) - many :])


def require_buildable(settings: TrainingSettings, classes: int, channels: int) -> None:
    """Build the network without its weights, so that what cannot be built is told before ranks are started.

    Raises:
        UnknownBlock: a stage unfreezes a block that the base does not have.
        NeedsTorchvision: the base is built by torchvision, which is not installed.
    """
    network = build_network(settings.base, classes, size=settings.size, pretrained=False, channels=channels)
    for stage in settings.stages:
        unfrozen(network, stage)


def set_modes(network: Network, taught: Iterable[str], batch_norm: str) -> None:
    """Let the taught blocks and the head learn and nothing else, and set what BatchNorm normalises with.

    Args:
        network: is changed.
        taught: names of blocks.
        batch_norm: evaluation, or training for the taught blocks alone.
    """
    network.requires_grad_(False)
    network.head.requires_grad_(True)
    network.eval()
    for name in taught:
        network.blocks[name].requires_grad_(True)
        if batch_norm == "training":
            for module in network.blocks[name].modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.train()


def optimizer_for(network: Network, stage: StageSettings, settings: TrainingSettings) -> torch.optim.Optimizer:
    """A fresh optimizer of what the network lets learn, each group of parameters with its highest rate as `peak`."""
    peak = stage.rate * rate_scale(settings)
    groups = list(_groups(network.head, peak, settings))
    taught = [block for block in network.blocks.values() if any(each.requires_grad for each in block.parameters())]
    for block in reversed(taught):
        groups += _groups(block, peak, settings)
        peak *= stage.decay
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, nesterov=True, fused=True)
    return torch.optim.AdamW(groups, lr=0.0, fused=True)


def rate_scale(settings: TrainingSettings) -> float:
    """What rates are multiplied by for the global batch size."""
    more = settings.batch_size / settings.rate_batch
    return more if settings.optimizer == "sgd" else math.sqrt(more)


def _groups(module: nn.Module, peak: float, settings: TrainingSettings) -> Iterable[Mapping[str, Any]]:
    learning = [each for each in module.parameters() if each.requires_grad]
    for decay, chosen in (
        (settings.weight_decay, [each for each in learning if each.dim() > 1]),
        (0.0, [each for each in learning if each.dim() <= 1]),
    ):
        if chosen:
            yield {"params": chosen, "weight_decay": decay, "peak": peak}
