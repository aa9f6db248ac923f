"""Images on their way through real Delta tables, with everything that may be wrong with them."""

from collections import Counter

import numpy as np

from tests.integration.ingest.pictures import contract, later, picture, pictures, save
from tests.unit.formats.images.idx_files import idx_images, idx_labels, written
from tidemill.ingest import ingest_batch, try_out
from tidemill.lake import Counts
from tidemill.lake.stored import StoredTable

# Halves go up: of ten images a share of .15 is two.
SPLIT_OF_TEN = {"train": 6, "validation": 2, "test": 2}


def test_good_images_reach_silver_and_each_broken_one_is_refused_for_its_own_reason(spark, lake, landing, reasons):
    pictures(landing, "cats", 10)
    pictures(landing, "dogs", 10, first=100)
    broken = save(landing, "cats/broken.jpg", picture(50, 200, 200))
    broken.write_bytes(broken.read_bytes()[:-200])
    (landing / "dogs" / "text.png").write_text("no image at all")
    save(landing, "dogs/clear.png", picture(51, mode="RGBA"))
    save(landing, "dogs/tiny.png", picture(52, 4, 4))
    save(landing, "dogs/heavy.bmp", picture(55, 100, 100))
    (landing / "dogs" / "copy.png").write_bytes((landing / "dogs" / "001.png").read_bytes())
    save(landing, "unlabelled.png", picture(53))
    save(landing, "birds/only.png", picture(54))
    (landing / "readme.txt").write_text("Cats, dogs and a bird.")
    own = contract(landing, min_size=[8, 8], max_bytes=20_000)
    expected = Counts(read=28, accepted=21, quarantined=7)

    trial = try_out(spark, lake, own)
    (run,) = ingest_batch(spark, lake, own)

    assert (trial.counts, trial.failed["image.decodes"], len(trial.samples)) == (expected, 2, 7)
    assert run.counts == expected
    assert run.result()["notes"] == [f"1 files are no images, such as file://{landing}/readme.txt."]
    assert reasons().keys() == {
        ("broken.jpg", "image.decodes"),
        ("text.png", "image.decodes"),
        ("clear.png", "image.mode"),
        ("tiny.png", "image.size"),
        ("heavy.bmp", "image.bytes"),
        ("copy.png", "image.duplicate"),
        ("unlabelled.png", "image.label"),
    }
    assert reasons()["copy.png", "image.duplicate"].endswith("the one that stays is dogs/001.png")
    failed = {row["check"]: row["rows_failed"] for row in lake.read("ops.checks").collect()}
    assert failed == {
        **{"image.decodes": 2, "image.bytes": 1, "image.mode": 1, "image.size": 1, "image.label": 1},
        **{"image.duplicate": 1, "image.class": 1},
    }
    rows = lake.read("silver.shapes").collect()
    assert {(row["height"], row["width"], row["channels"], len(row["pixels"])) for row in rows} == {(16, 16, 3, 768)}
    assert {(row["original_height"], row["original_width"]) for row in rows} == {(24, 24)}
    assert Counter((row["label"], row["split"]) for row in rows) == {
        **{(label, split): count for label in ("cats", "dogs") for split, count in SPLIT_OF_TEN.items()},
        ("birds", "train"): 1,
    }
    assert {row["path"]: row["_warnings"] for row in rows if row["_warnings"]} == {"birds/only.png": ["image.class"]}


def test_files_of_silver_are_of_one_split_in_the_order_of_hashes_with_small_row_groups(spark, lake, landing, tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1500, 16, 16), dtype=np.uint8)
    written(landing / "train-images-idx3-ubyte", idx_images(pixels))
    written(landing / "train-labels-idx1-ubyte", idx_labels([number % 7 for number in range(1500)]))

    ingest_batch(spark, lake, contract(landing, labels="idx", mode="L"))

    folder = tmp_path / "lake" / "silver" / "shapes"
    splits = Counter()
    for file in folder.glob("*.parquet"):
        import pyarrow.parquet as pq

        opened = pq.ParquetFile(file)
        groups = [opened.read_row_group(group, ["split", "image_id"]) for group in range(opened.num_row_groups)]
        (split,) = {value for group in groups for value in group["split"].to_pylist()}
        ids = [value for group in groups for value in group["image_id"].to_pylist()]
        assert ids == sorted(ids)
        assert max(group.num_rows for group in groups) <= 512
        assert len(groups) >= len(ids) / 512
        splits[split] += len(ids)
    assert splits.total() == 1500
    # Of each class a share; halves go up.
    assert splits["test"] == splits["validation"] in range(223, 229)
    from deltalake import DeltaTable

    assert StoredTable(DeltaTable(str(folder)), folder).spans("split")[0]["split"][0] in splits


def test_a_second_run_does_nothing_and_a_later_delivery_is_judged_beside_what_is_there(
    spark, lake, landing, silver, reasons
):
    own = contract(landing)
    pictures(landing, "cats", 10)
    ingest_batch(spark, lake, own)
    before = silver()

    assert ingest_batch(spark, lake, own) == []

    pictures(landing, "cats", 10, first=300, begin=10)
    (landing / "cats" / "000_copy.png").write_bytes((landing / "cats" / "000.png").read_bytes())
    # The same picture again, under its name: it waits, as nothing but its time tells that it might be another.
    for number in range(10):
        later(landing / "cats" / f"{number:03}.png")
    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=21, accepted=20, quarantined=1)
    assert reasons().keys() == {("000_copy.png", "image.duplicate")}
    assert before.items() <= silver().items()
    assert Counter(split for _, split in silver().values()) == {"train": 14, "validation": 3, "test": 3}


def test_a_replaced_image_gives_way_in_silver_and_quarantine(spark, lake, landing, silver, reasons):
    own = contract(landing)
    first, second = pictures(landing, "cats", 4)[:2]
    second.write_bytes(b"broken")
    ingest_batch(spark, lake, own)
    assert reasons().keys() == {("001.png", "image.decodes")}

    save(landing, "cats/001.png", picture(70))
    first.write_bytes(b"broken now")
    for path in (first, second):
        later(path)
    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=2, accepted=1, quarantined=1)
    assert silver().keys() == {"cats/001.png", "cats/002.png", "cats/003.png"}
    assert reasons().keys() == {("000.png", "image.decodes")}


def test_images_that_look_alike_are_found_by_their_hashes(spark, lake, landing, silver, reasons):
    pictures(landing, "cats", 3)
    save(landing, "cats/000_lighter.jpg", picture(0).point(lambda value: min(255, value + 2)), quality=95)
    save(landing, "cats/001_small.png", picture(1).resize((20, 20)))

    ingest_batch(spark, lake, contract(landing, duplicates="perceptual", distance=6))

    assert silver().keys() == {"cats/000.png", "cats/001.png", "cats/002.png"}
    assert reasons().keys() == {("000_lighter.jpg", "image.duplicate"), ("001_small.png", "image.duplicate")}
