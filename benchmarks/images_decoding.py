"""What Spark adds to decoding and preparing images, against a plain loop of Pillow and numpy that does the same.

    make bench NAME=images_decoding                     six minutes on two slow cores
    python benchmarks/images_decoding.py --images 2000  where starting is still a third of it

JPEG files of some 300 x 500 pixels, cut from scikit-learn's two photographs and made unlike each other, are read,
decoded, turned as EXIF says, cropped and resized to 224 x 224, and hashed by what they show. Spark reads them from
bronze, as ingest.py does, and makes a large image smaller by whole numbers before it is hashed; the plain loop reads
the files, calls Pillow and imagehash directly and keeps arrays. Both sides do it in one run, in turn, after a round
that is not counted; told are images per processor second of the whole process tree, the JVM and the Python workers
among it. Beside it: all of ingest.py's way, files to bronze to silver, with their hashes, duplicates and splits, which
also writes every image twice.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median

import imagehash
import numpy as np
from PIL import Image, ImageOps
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from training.processor import timed

from tidemill.config import load_config
from tidemill.contract import Contract
from tidemill.ingest import ingest_batch
from tidemill.ingest.images.batches import batches_of, fitting_rows
from tidemill.ingest.images.decoding import decoded
from tidemill.lake import Lake
from tidemill.session import spark_session
from tidemill.sources.images import ImageFolder

SIZE = (224, 224)
CLASSES = 5
GOAL = 0.9


def write_photographs(folder: Path, count: int) -> None:
    """Parts of two photographs, each of its own size and brightness."""
    from sklearn.datasets import load_sample_images  # noqa: PLC0415 - takes seconds

    photographs = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    rng = np.random.default_rng(0)
    for number in range(count):
        photograph = photographs[number % 2]
        width, height = (int(side * rng.uniform(0.6, 0.9)) for side in photograph.size)
        left, top = rng.integers(photograph.width - width), rng.integers(photograph.height - height)
        part = photograph.crop((left, top, left + width, top + height))
        shade = rng.uniform(0.6, 1.4)
        path = folder / str(number % CLASSES) / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        part.point(lambda value, by=shade: min(255, int(value * by))).save(path, "JPEG", quality=90)


def plain_loop(folder: Path) -> int:
    """The same by hand, in one process; the number of images."""
    prepared = []
    for path in sorted(folder.rglob("*.jpg")):
        image = ImageOps.exif_transpose(Image.open(BytesIO(path.read_bytes()))).convert("RGB")
        seen = str(imagehash.phash(image))
        fitted = ImageOps.fit(image, SIZE[::-1], Image.Resampling.BICUBIC)
        prepared.append((seen, path.parent.name, np.asarray(fitted).tobytes()))
    return len(prepared)


def contract(folder: Path) -> Contract:
    """Of the photographs."""
    return Contract.model_validate(
        {
            "name": "photographs",
            "version": 1,
            "source": {"kind": "images", "path": str(folder)},
            "images": {"size": list(SIZE)},
        }
    )


def into_bronze(lake: Lake, own: Contract) -> None:
    """The photographs' bytes in a table, as a run of ingest.py leaves them there."""
    source = ImageFolder(lake, own)
    waiting = source.waiting(None)
    assert waiting is not None
    rows = source.rows(waiting).withColumn("_run_id", F.lit("measured"))
    lake.append(f"bronze.{own.name}", rows, None, statistics=("_run_id", "_source"))


def with_spark(lake: Lake, own: Contract) -> int:
    """Prepare the images on the executors; nothing is written. The number of images."""
    assert own.images is not None
    records = lake.read(f"bronze.{own.name}")
    with batches_of(lake.spark, fitting_rows(records, own.images)):
        decoded(records, own.images).write.format("noop").mode("overwrite").save()
    return records.count()


def whole_run(spark: SparkSession, folder: Path) -> int:
    """A run of the job's way in a lake of its own; the number of images."""
    with tempfile.TemporaryDirectory() as home:
        (run,) = ingest_batch(spark, Lake(spark, f"{home}/lake"), contract(folder))
    return run.counts.read


def rate(work: Callable[[], int]) -> float:
    """Images per processor second."""
    images, taken = timed(work)
    return images / taken.cpu_seconds


def main() -> None:
    """Write photographs, measure both sides in turn, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=2)
    request = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photographs"
        write_photographs(folder, request.images)
        with spark_session(load_config(home=scratch), "images_decoding") as spark:
            lake, own = Lake(spark, f"{scratch}/lake"), contract(folder)
            into_bronze(lake, own)
            sides: dict[str, Callable[[], int]] = {
                "ours": lambda: with_spark(lake, own),
                "theirs": lambda: plain_loop(folder),
            }
            for work in sides.values():
                work()
            found: dict[str, list[float]] = {name: [] for name in sides}
            for number in range(request.rounds):
                for name, work in sides.items():
                    found[name].append(rate(work))
                    print(f"round {number} {name:6} {found[name][-1]:.1f} images a processor second", flush=True)
            whole = rate(lambda: whole_run(spark, folder))
    ours, theirs = median(found["ours"]), median(found["theirs"])
    detail = {"images": request.images, "rounds": found, "whole_run_to_silver": round(whole, 1)}
    line = {"bench": "images_decoding", "ratio": round(ours / theirs, 3), "goal": GOAL}
    told = {**line, "unit": "images a processor second", "ours": round(ours, 1), "theirs": round(theirs, 1)}
    print(json.dumps({**told, "detail": detail}))


if __name__ == "__main__":
    main()
