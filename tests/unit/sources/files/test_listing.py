import os
from datetime import UTC, datetime

import pytest

from tidemill.formats import canonical_uri, file_listing
from tidemill.sources.files.listing import DeliveredFile, MissingSource, files_in, list_files, listed, local_files


@pytest.fixture
def folder(tmp_path):
    for name in ("b.csv", "a b.csv", "deep/er/c+ü%20#[1].json", "_SUCCESS", ".hidden.csv", "_tmp/x.csv", "deep/.part"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 7)
    return tmp_path


def _names(files):
    return [file.uri.rsplit("/", 1)[1] for file in files]


def test_a_folder_is_listed_to_any_depth_in_order_without_hidden_names(spark, folder):
    os.utime(folder / "b.csv", ns=(0, 1_700_000_000_123_000_000))

    files = list_files(spark, str(folder))

    expected = [canonical_uri(str(folder / name)) for name in ("a b.csv", "b.csv", "deep/er/c+ü%20#[1].json")]
    assert [file.uri for file in files] == expected
    assert files[1] == DeliveredFile(expected[1], 7, datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC))


def test_a_glob_and_a_single_file_are_listed(spark, folder):
    assert _names(list_files(spark, str(folder / "*.csv"))) == ["a%20b.csv", "b.csv"]
    assert _names(list_files(spark, str(folder / "b.csv"))) == ["b.csv"]
    assert _names(list_files(spark, f"file://{folder}/b.csv")) == ["b.csv"]


@pytest.mark.parametrize("path", ["", "*", "deep/*/*.json", "a b.csv", "?.csv", "_SUCCESS", "loop"])
def test_this_machine_is_listed_as_spark_lists_it(spark, folder, path):
    (folder / "loop").mkdir()
    (folder / "loop" / "linked.csv").symlink_to(folder / "b.csv")
    (folder / "year=2024").mkdir()
    (folder / "year=2024" / "c.csv").write_text("")
    (folder / "copied.csv._COPYING_").write_text("x")
    os.utime(folder / "b.csv", ns=(0, 1_700_000_000_123_999_999))

    found = local_files(str(folder / path))

    by_spark = file_listing(spark, str(folder / path))
    assert [file for file in found if file.size] == files_in(listed(by_spark))
    assert {file.uri for file in found} == {canonical_uri(uri) for uri in by_spark.inputFiles()}


def test_a_folder_that_links_to_itself_is_listed_once(folder):
    (folder / "deep" / "loop").symlink_to(folder)

    assert _names(local_files(str(folder / "deep"))) == ["c+ü%2520%23%5B1%5D.json", "a%20b.csv", "b.csv"]


@pytest.mark.parametrize("path", ["s3a://bucket/x", "abfss://a@b/x", "/x/{a,b}.csv", "/x/[ab].csv", "/x/**/y"])
def test_what_only_hadoop_can_list_is_left_to_it(path):
    assert local_files(path) is None


def test_a_folder_without_a_file_lists_nothing(spark, tmp_path):
    assert list_files(spark, str(tmp_path)) == []


@pytest.mark.parametrize("name", ["nope", "no*.csv", "b.csv/x"])
def test_a_path_where_nothing_is_is_said_in_one_line(spark, folder, name):
    with pytest.raises(MissingSource) as missing:
        list_files(spark, str(folder / name))

    assert str(missing.value).startswith(f"{folder / name}: there is no such folder or file.")
    assert "\n" not in str(missing.value)
