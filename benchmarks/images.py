"""How training images scales over processes, and what the same result on any number of them costs.

    make bench NAME=images        about a quarter of an hour on two cores: this, then images_feeding and images_decoding

An EfficientNet-Lite0 learns with all its blocks from Fashion-MNIST in memory at 64 pixels, a batch of 64 over all
ranks, one thread a rank: in turn on one rank and on two (Horovod). `ratio` is the images a second of two against those
of one, the median over the rounds, after a batch that is not counted: it loads and prepares what is used. Told beside
it: the same where each rank has a batch of 64, as Horovod's own figures are taken; what a step costs that is not
computing (exchanging gradients, and waiting for the slower rank); and images a second by `exact_ranks` on one rank.
"""

import argparse
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from feeding.fashion import fashion
from numpy.typing import NDArray

from tidemill.models.images.backends import Alone, Communicator, launch
from tidemill.models.images.feeding import memory_feed
from tidemill.models.images.networks import build_network
from tidemill.models.images.settings import TrainingSettings
from tidemill.models.images.training import fit

DATA = Path("/usr/share/datasets/fashion-mnist")
BATCH, SIZE = 64, 64
GOAL = 1.8
PARTS = (0, 2, 4, 8)

Pixels, Labels = NDArray[np.uint8], NDArray[np.int64]


class Rate(NamedTuple):
    """Images a second of a training, and the milliseconds of each step in which gradients were exchanged."""

    images: float
    exchanging: float


def trained(
    communicator: Communicator, pixels: Pixels, labels: Labels, exact_ranks: int, batch_size: int = BATCH
) -> Rate:
    """Train for an epoch on images [n, height, width, 1], after a batch that is not counted; a few are validated."""
    torch.set_num_threads(1)
    settings = TrainingSettings.model_validate(
        {
            "base": "efficientnet_lite0",
            "batch_size": batch_size,
            "threads": 1,
            "exact_ranks": exact_ranks,
            "stages": [{"name": "whole", "unfreeze": 1.0, "epochs": 1, "rate": 0.001}],
            "augment": {"flip": 0.5, "shift": 0.05, "cutout": 0.25},
        }
    )
    rank, ranks = communicator.rank, communicator.ranks
    order: dict[str, Any] = {"batch_size": batch_size, "seed": 1, "rank": rank, "ranks": ranks}
    classes = [str(label) for label in range(10)]
    validation = memory_feed(pixels[:BATCH], labels[:BATCH], classes, shuffle=False, **order)
    for count in (batch_size, len(labels)):
        train = memory_feed(pixels[:count], labels[:count], classes, shuffle=True, **order)
        network = build_network("efficientnet_lite0", len(classes), size=SIZE)
        fitted = fit(train, validation, network, settings, communicator)
    return Rate(fitted.images / fitted.seconds, 1000 * fitted.exchanging / fitted.steps)


def main() -> None:
    """Measure both in turn, tell as JSON, and go on with the other benchmarks of images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1920, help="that each training learns from (1920)")
    parser.add_argument("--rounds", type=int, default=3, help="trainings on one and on two ranks (3)")
    parser.add_argument("--alone", action="store_true", help="leave out images_feeding and images_decoding")
    request = parser.parse_args()
    pixels, labels = fashion(DATA, "train", request.images)
    data = {"pixels": pixels.copy(), "labels": labels.astype(np.int64)}
    work = partial(trained, **data, exact_ranks=2)
    one, two = list[Rate](), list[Rate]()
    for number in range(request.rounds):
        one.append(launch("single", 1, work))
        two.append(launch("horovod", 2, work))
        print(
            f"round {number}: {one[-1].images:.1f} images a second on one rank, {two[-1].images:.1f} on two", flush=True
        )
    parts = {count: round(trained(Alone(), **data, exact_ranks=count).images, 1) for count in PARTS}
    whole = launch("horovod", 2, partial(work, batch_size=2 * BATCH)).images
    ours, theirs = median(rate.images for rate in two), median(rate.images for rate in one)
    told = {
        "bench": "images",
        "ratio": round(median(each.images / other.images for each, other in zip(two, one, strict=True)), 3),
        "goal": GOAL,
        "unit": "images a second of training, two ranks of one thread against one",
        "ours": round(ours, 1),
        "theirs": round(theirs, 1),
        "detail": {
            "exchanging_ms_a_step": round(median(rate.exchanging for rate in two), 1),
            "step_ms": round(1000 * BATCH / ours, 1),
            "images_a_second_by_exact_ranks": parts,
            "ratio_with_a_batch_of_64_each": round(whole / parts[0], 3),
            "rounds": request.rounds,
        },
    }
    print(json.dumps(told), flush=True)
    if not request.alone:
        for name in ("images_feeding", "images_decoding"):
            subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=True)


if __name__ == "__main__":
    main()
