"""How well clothes are told apart: Fashion-MNIST, fine-tuned, with a frozen base, and by a method without a network.

    make bench NAME=fashion_mnist                      the full run: up to 90 minutes on two cores
    python benchmarks/fashion_mnist.py --share 0.02    to try it out
    python benchmarks/fashion_mnist.py --set fashion_mnist.training.base=wide_cnn   another recipe

The images are read from --data (Debian's dataset-fashion-mnist) into a lake of their own. jobs/train_images.py then
trains conf/models/fashion_mnist.yaml twice: with the base frozen and a new head on its features, and with all stages,
with histograms of gradients and a linear SVM fitted to the same images. All are measured on the 10,000 images of the
test split, which nothing was trained or chosen on. Goal: 94 % fine-tuned on two cores in less than 90 minutes, 88 %
with the frozen base. The report, the log and a picture of the curves are left in a folder with --keep.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake
from training.curves import draw_curves

REPOSITORY = Path(__file__).parents[1]
DATA = Path("/usr/share/datasets/fashion-mnist")
CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
GOAL, GOAL_OF_HEAD, GOAL_MINUTES = 0.94, 0.88, 90
VALIDATION = 0.1
ROWS_A_GROUP = 512
MODEL = "fashion_mnist"
# The frozen base with a new head, on features that are computed once.
HEAD = [
    f"{MODEL}.{setting}"
    for setting in (
        "baseline=false",
        # Features of larger pictures are better ones, and are computed once.
        "training.size=128",
        "training.stages=[{name: probe, unfreeze: 0, epochs: 40, rate: 0.001}]",
        "training.batch_size=256",
        "training.weight_decay=0.01",
    )
]


def idx(path: Path) -> np.ndarray:
    """An IDX file: a magic number with the number of dimensions, their sizes, bytes."""
    content = gzip.decompress(path.read_bytes())
    sizes = [int.from_bytes(content[4 + 4 * at : 8 + 4 * at], "big") for at in range(content[3])]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)


def write_silver(lake: Path, data: Path, share: float) -> dict[str, int]:
    """Write silver.fashion_mnist as ingest.py does: a part of the training images to validate, by their hash."""
    parts = []
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = idx(data / f"{prefix}-images-idx3-ubyte.gz"), idx(data / f"{prefix}-labels-idx1-ubyte.gz")
        for at in range(round(len(images) * share)):
            own = sha256(f"{prefix} {at} ".encode() + images[at].tobytes()).hexdigest()
            held = split == "train" and int(own[:8], 16) < VALIDATION * 2**32
            parts.append(("validation" if held else split, own, prefix, at, CLASSES[labels[at]], images[at].tobytes()))
    parts.sort(key=lambda part: part[:2])
    count = len(parts)
    columns = {
        "image_id": [own for _, own, *_ in parts],
        "path": [f"{prefix}-images-idx3-ubyte.gz#{at}" for _, _, prefix, at, *_ in parts],
        "label": [label for *_, label, _ in parts],
        "split": [split for split, *_ in parts],
        "pixels": pa.array([pixels for *_, pixels in parts], pa.binary()),
        **{
            name: pa.array([size] * count, pa.int32())
            for name, size in (("height", 28), ("width", 28), ("channels", 1))
        },
    }
    properties = WriterProperties(max_row_group_size=ROWS_A_GROUP)
    write_deltalake(str(lake / "silver" / MODEL), pa.table(columns), writer_properties=properties)
    return {split: columns["split"].count(split) for split in ("train", "validation", "test")}


def train(home: Path, log: Path, settings: list[str]) -> tuple[dict[str, Any], float]:
    """Run the job; its result and the minutes that it took. Its lines are kept."""
    command = [sys.executable, "jobs/train_images.py", "--model", MODEL, "--home", str(home)]
    begun = time.monotonic()
    with log.open("a", encoding="utf-8") as lines:
        process = subprocess.Popen(
            [*command, *(["--set", *settings] if settings else [])],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYSPARK_PYTHON": sys.executable},
        )
        for line in process.stderr or ():
            lines.write(line)
            lines.flush()
            sys.stderr.write(line)
    out = process.communicate()[0]
    if process.returncode:
        raise SystemExit(process.returncode)
    return json.loads(out), (time.monotonic() - begun) / 60


def main() -> None:
    """Train both, and tell how well each does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the images (1)")
    parser.add_argument("--data", type=Path, default=DATA, help=f"the four files ({DATA})")
    parser.add_argument("--set", nargs="+", default=[], dest="settings", help="as train_images.py takes them")
    parser.add_argument("--only", choices=("head", "tuned"), help="the frozen base with a new head, or all stages")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the report and the log here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, log = Path(folder), Path(folder) / "log.txt"
        images = write_silver(home / "lake", asked.data, asked.share)
        head, tuned, head_minutes, minutes = {}, {}, 0.0, 0.0
        if asked.only != "tuned":
            head, head_minutes = train(home, log, [*asked.settings, *HEAD])
        if asked.only != "head":
            tuned, minutes = train(home, log, asked.settings)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy((tuned or head)["report"], asked.keep / f"{MODEL}.html")
            shutil.copy(log, asked.keep / f"{MODEL}.log")
            draw_curves(log, asked.keep / f"{MODEL}.svg")
    measured, goal = (tuned, GOAL) if tuned else (head, GOAL_OF_HEAD)
    accuracy = measured["test"]["accuracy"]
    detail = {
        "images": images,
        "goal_of_head": GOAL_OF_HEAD,
        "goal_minutes": GOAL_MINUTES,
        "head": head.get("test"),
        "head_minutes": round(head_minutes, 1),
        "tuned": tuned.get("test"),
        "minutes": round(minutes, 1),
        "baseline": tuned.get("baseline"),
        "images_per_second": measured["images_per_second"],
        "settings": asked.settings,
    }
    theirs = (tuned.get("baseline") or {}).get("accuracy")
    told = {"bench": MODEL, "ratio": round(accuracy / goal, 4), "goal": 1.0, "unit": "of the accuracy to reach"}
    print(json.dumps({**told, "ours": round(accuracy, 4), "theirs": theirs, "detail": detail}))


if __name__ == "__main__":
    main()
