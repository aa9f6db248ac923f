"""Images on their way through real Delta tables, with everything that may be wrong with them."""

import os
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.integration.ingest.pictures import contract, picture, pictures, save
from tests.unit.formats.images.idx_files import idx_images, idx_labels, written
from tidemill.errors import RequestWrong
from tidemill.ingest import NotReplayed, WouldBreakReaders, ingest_batch, rebuild, replay, try_out
from tidemill.lake import Counts, Ledger
from tidemill.lake.stored import StoredTable
from tidemill.sources.images import NoImages, NoLabels

# Halves go up: of ten images a share of .15 is two.
SPLIT_OF_TEN = {"train": 6, "validation": 2, "test": 2}


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "shapes"
    folder.mkdir()
    return folder


@pytest.fixture
def reasons(lake):
    def read():
        rows = lake.read("quarantine.shapes").collect()
        return {
            (row["_source"].rpartition("/")[2], failure["check"]): failure["message"]
            for row in rows
            for failure in row["_failures"]
        }

    return read


@pytest.fixture
def silver(lake):
    """Label and split by path."""

    def read():
        rows = lake.read("silver.shapes").select("path", "label", "split").collect()
        assert len({row["path"] for row in rows}) == len(rows)
        return {row["path"]: (row["label"], row["split"]) for row in rows}

    return read


def later(path):
    """A second delivery within the clock's grain must still be seen as another one."""
    os.utime(path, ns=(path.stat().st_mtime_ns + 10**9,) * 2)


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


def test_a_file_of_labels_may_miss_images_and_name_others_and_be_mended_later(spark, lake, landing, silver, reasons):
    own = contract(landing, labels="labels.csv")
    for number in range(4):
        save(landing, f"{number}.png", picture(number))
    (landing / "labels.csv").write_text("path,label\n0.png,cat\n1.png,dog\n2.png,dog\n9.png,dog\n")

    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=4, accepted=3, quarantined=1)
    (note,) = run.result()["notes"]
    assert note.endswith("labels.csv has the labels of 1 images that are not there, such as 9.png.")
    assert reasons().keys() == {("3.png", "image.label")}

    (landing / "labels.csv").write_text("path,label\n0.png,cat\n1.png,cat\n2.png,dog\n3.png,dog\n")
    later(landing / "labels.csv")
    (mended,) = ingest_batch(spark, lake, own)

    assert mended.counts == Counts(read=2, accepted=2)
    assert {path: label for path, (label, _) in silver().items()} == {
        **{"0.png": "cat", "1.png": "cat", "2.png": "dog", "3.png": "dog"},
    }
    assert reasons() == {}
    assert ingest_batch(spark, lake, own) == []


def test_idx_files_tell_their_split_and_a_truncated_one_is_mended_by_the_whole(spark, lake, landing, silver, reasons):
    pixels = np.random.default_rng(1).integers(0, 256, (50, 16, 16), dtype=np.uint8)
    pixels[7] = pixels[3]
    written(landing / "t10k-images-idx3-ubyte.gz", idx_images(pixels[:10]), compressed=True)
    written(landing / "t10k-labels-idx1-ubyte.gz", idx_labels([0, 1] * 5), compressed=True)
    written(landing / "train-images-idx3-ubyte", idx_images(pixels[10:])[: 16 + 256 * 33 + 100])
    written(landing / "train-labels-idx1-ubyte", idx_labels([0, 1] * 20))
    own = contract(
        landing, labels="idx", mode="L", classes=["coat", "shoe"], splits={"test": "t10k-*", "validation": 0.2}
    )

    (run,) = ingest_batch(spark, lake, own)

    assert run.counts == Counts(read=44, accepted=42, quarantined=2)
    assert sorted(reasons()) == [
        ("t10k-images-idx3-ubyte.gz", "image.duplicate"),
        ("train-images-idx3-ubyte", "image.decodes"),
    ]
    assert reasons()["train-images-idx3-ubyte", "image.decodes"].endswith("it ends after 33 of 40")
    counts = Counter(split for _, split in silver().values())
    assert counts == {"test": 9, "validation": 6, "train": 27}
    assert {label for label, _ in silver().values()} == {"coat", "shoe"}

    written(landing / "train-images-idx3-ubyte", idx_images(pixels[10:]))
    (whole,) = ingest_batch(spark, lake, own)

    assert whole.counts == Counts(read=40, accepted=40)
    assert Counter(split for _, split in silver().values()) == {"test": 9, "validation": 8, "train": 32}


def test_a_source_without_images_or_labels_says_what_it_expects(spark, lake, landing):
    with pytest.raises(NoImages, match=f"shapes: no image in {landing}: it has no file"):
        ingest_batch(spark, lake, contract(landing))
    (landing / "a.txt").write_text("")
    with pytest.raises(NoImages, match=r"it has 1 other files, such as file:.*a\.txt"):
        ingest_batch(spark, lake, contract(landing))
    save(landing, "1.png", picture(1))
    with pytest.raises(NoLabels, match=rf"the labels are expected in {landing}/labels\.csv"):
        ingest_batch(spark, lake, contract(landing, labels="labels.csv"))
    written(landing / "train-images-idx3-ubyte", idx_images(np.zeros((2, 16, 16), np.uint8)))
    with pytest.raises(NoLabels, match=rf"the labels are expected in {landing}/train-labels-idx1-ubyte"):
        ingest_batch(spark, lake, contract(landing, labels="idx"))
    assert lake.names() == []


def test_silver_is_rebuilt_from_bronze_under_another_size_and_refused_without(spark, lake, landing, silver, reasons):
    pictures(landing, "cats", 6)
    (landing / "cats" / "text.png").write_text("text")
    ingest_batch(spark, lake, contract(landing))
    before = silver()
    smaller = contract(landing, size=[8, 12])
    save(landing, "cats/another.png", picture(60))

    with pytest.raises(WouldBreakReaders, match="silver's images are 16 x 16 RGB by crop and the contract says 8 x 12"):
        ingest_batch(spark, lake, smaller)
    run = rebuild(spark, lake, smaller)

    assert run.counts == Counts(read=7, accepted=6, quarantined=1)
    assert silver() == before
    assert {len(row["pixels"]) for row in lake.read("silver.shapes").collect()} == {8 * 12 * 3}
    (added,) = ingest_batch(spark, lake, smaller)
    assert added.counts == Counts(read=1, accepted=1)
    with pytest.raises(NotReplayed, match="which bronze alone keeps"):
        replay(spark, lake, smaller)


def test_a_check_on_the_delivery_may_name_what_silver_holds(spark, lake, landing):
    pictures(landing, "cats", 3)
    own = contract(landing)
    checks = [{"name": "two_classes", "table": "count(distinct label) > 1", "on_fail": "warn"}]
    checked = type(own).model_validate({**own.model_dump(by_alias=True, exclude_defaults=True), "checks": checks})

    ingest_batch(spark, lake, checked)

    assert lake.read("ops.checks").where("check = 'two_classes' and rows_failed = 1").count() == 1
    wrong = [{"name": "typo", "table": "count(distinct lable) > 1"}]
    with pytest.raises(RequestWrong, match="lable"):
        ingest_batch(
            spark,
            lake,
            checked.model_copy(
                update={
                    "checks": type(own)
                    .model_validate({**own.model_dump(by_alias=True, exclude_defaults=True), "checks": wrong})
                    .checks
                }
            ),
        )


class Killed(BaseException):
    """Stands for the moment at which the driver dies."""


def test_a_run_that_dies_after_each_commit_in_turn_is_finished_under_its_own_id(
    spark, lake, landing, silver, reasons, monkeypatch
):
    own = contract(landing)
    pictures(landing, "cats", 5)
    ingest_batch(spark, lake, own)
    pictures(landing, "dogs", 5, first=40)
    (landing / "dogs" / "text.png").write_text("text")
    whole = {"append": lake.append, "record": lake.record}
    killed = []
    for moment in ("bronze", "silver", "quarantine", "ops.checks", "ops.files_taken"):

        def dying(verb, name, *arguments, moment=moment, **named):
            whole[verb](name, *arguments, **named)
            if name.startswith(moment):
                raise Killed

        for verb in whole:
            monkeypatch.setattr(lake, verb, partial(dying, verb))
        with pytest.raises(Killed):
            ingest_batch(spark, lake, own)
        killed.append(Ledger(lake).last("ingest", "shapes").id)
    monkeypatch.undo()

    (run,) = ingest_batch(spark, lake, own)

    assert set(killed) == {run.id}
    assert replace(run.counts) == Counts(read=6, accepted=5, quarantined=1)
    assert len(silver()) == 10
    assert reasons().keys() == {("text.png", "image.decodes")}
    assert lake.read("bronze.shapes").count() == 11
    assert ingest_batch(spark, lake, own) == []
