"""How large a share of its highest rate a step learns with."""

import math

import torch


def share_of_rate(step: int, steps: int, warm_up: float, final: float) -> float:
    """A linear rise and then half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983).

    Args:
        step: of the stage, from 0.
        steps: the stage's.
        warm_up: the share of them in which the rate rises.
        final: the share of the rate that is left at the end.
    """
    rising = math.ceil(warm_up * steps)
    if step < rising:
        return (step + 1) / rising
    past = (step - rising) / max(1, steps - rising)
    return final + (1 - final) * (1 + math.cos(math.pi * past)) / 2


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Give each group its own share of its highest rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
