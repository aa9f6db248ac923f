"""ORC, and Parquet and ORC behind a compression: typed files that are read with Arrow and written as Spark writes."""

import bz2
import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tidemill.formats import delivered, recognise
from tidemill.formats.orc_shape import DamagedOrc, orc_batches
from tidemill.formats.parquet_shape import TruncatedParquet

TABLE = pa.table(
    {
        "id": pa.array([1, 2], pa.int32()),
        "amount": pa.array([Decimal("29.850"), None], pa.decimal128(10, 3)),
        "at": pa.array([datetime(2024, 3, 31, 2, 30, 0, 500_000), None], pa.timestamp("us")),
        "day": [date(1500, 1, 1), None],
        "share": [1e10, None],
        "list": [[1, 2], None],
        "address": [{"city": "Bonn", "zip": "53111"}, None],
    }
)


def as_orc(table=TABLE, **options):
    written = io.BytesIO()
    orc.write_table(table, written, **options)
    return written.getvalue()


def as_parquet(table=TABLE):
    written = io.BytesIO()
    pq.write_table(table, written)
    return written.getvalue()


def zipped(content):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.bin", content)
    return written.getvalue()


PACKERS = {"": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "zip": zipped}


def read(spark, path, **fields):
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    frame = delivered(spark, [(str(path), recognise(str(path)))], fields)
    return [row.asDict() for row in frame.orderBy("_source", "_position").collect()]


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("kind", ["orc", "parquet"])
def test_values_are_written_alike_however_the_file_is_packed(spark, tmp_path, kind, compression):
    path = tmp_path / "data.bin"
    path.write_bytes(PACKERS[compression](as_orc() if kind == "orc" else as_parquet()))
    names = ("id", "amount", "at", "day", "share", "list")

    found = recognise(str(path))
    first, second = read(spark, path, **{name: name for name in names}, city="address.city")

    assert (found.format, found.compression, found.columns) == (kind, compression, tuple(TABLE.column_names))
    assert [first[name] for name in (*names, "city")] == [
        "1", "29.850", "2024-03-31 02:30:00.5", "1500-01-01", "1.0E10", "[1,2]", "Bonn",
    ]  # fmt: skip
    assert first["_rescued"] == '{"address":{"zip":"53111"}}'
    assert [second[name] for name in (*names, "city", "_rescued")] == ["2"] + [None] * 7
    assert [row["_position"] for row in (first, second)] == ["000000000001", "000000000002"]
    assert first["_source"] == f"file://{path}"


def test_the_position_counts_over_stripes_and_batches(spark, tmp_path):
    table = pa.table({"id": pa.array(range(100_000), pa.int64()), "text": ["x" * 50] * 100_000})
    (tmp_path / "a.orc").write_bytes(as_orc(table, stripe_size=1 << 20, compression="uncompressed"))
    assert orc.ORCFile(tmp_path / "a.orc").nstripes > 1

    frame = delivered(spark, [(str(tmp_path / "a.orc"), recognise(str(tmp_path / "a.orc")))], {"id": "id"})

    assert (
        frame.where("int(_position) = int(id) + 1").count() == 100_000 == frame.select("_position").distinct().count()
    )


def test_types_that_spark_has_not_keep_their_values(spark, tmp_path):
    table = pa.table(
        {
            "small": pa.array([255], pa.uint8()),
            "large": pa.array([2**64 - 1], pa.uint64()),
            "precise": pa.array([1_711_852_200_000_000_001], pa.int64()).cast(pa.timestamp("ns")),
            "zoned": pa.array([datetime(2024, 3, 31, 2, 30, tzinfo=UTC)], pa.timestamp("ms", "Europe/Berlin")),
            "coded": pa.array(["x"]).dictionary_encode(),
            "clock": pa.array([3_600_000], pa.time32("ms")),
        }
    )
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(as_parquet(table)))

    (row,) = read(spark, tmp_path / "a.parquet.gz", **{name: name for name in table.column_names})

    assert [row[name] for name in table.column_names] == [
        "255", "18446744073709551615", "2024-03-31 02:30:00.000000001", "2024-03-31 02:30:00", "x", "01:00:00.000",
    ]  # fmt: skip


def test_a_file_without_a_row_gives_none(spark, tmp_path):
    (tmp_path / "a.orc").write_bytes(as_orc(TABLE.slice(0, 0)))

    assert read(spark, tmp_path / "a.orc", id="id") == []


def test_a_text_that_begins_with_the_letters_of_orc_is_a_text(parsed):
    found, rows, _ = parsed("a.csv", "ORC,name\n1,Ann\n2,Bob\n")

    assert (found.format, found.columns, len(rows)) == ("csv", ("ORC", "name"), 2)


WHOLE = as_orc()


@pytest.mark.parametrize("cut", [30, len(WHOLE) // 2, len(WHOLE) - 1])
def test_a_cut_orc_file_is_refused_in_one_line(tmp_path, cut):
    (tmp_path / "a.orc").write_bytes(WHOLE[:cut])

    with pytest.raises(DamagedOrc, match=r"a\.orc: the ORC file is truncated or damaged: ") as told:
        recognise(str(tmp_path / "a.orc"))
    assert "\n" not in str(told.value)


def test_a_damaged_stripe_is_refused_in_one_line(spark, tmp_path):
    content = as_orc(pa.table({"id": [f"x{n}" for n in range(5000)]}), compression="zlib")
    (tmp_path / "a.orc").write_bytes(content[:40] + bytes(200) + content[240:])

    with pytest.raises(Exception, match=r"DamagedOrc: .*a\.orc: the ORC file is truncated or damaged"):
        read(spark, tmp_path / "a.orc", id="id")


def test_a_stripe_that_is_damaged_behind_whole_ones_is_refused(tmp_path):
    table = pa.table({"id": [f"x{n * 7919}" for n in range(300_000)]})
    path = tmp_path / "a.orc"
    content = as_orc(table, compression="zlib", stripe_size=1 << 18)
    path.write_bytes(content)
    assert orc.ORCFile(path).nstripes > 2
    assert sum(batch.num_rows for batch in orc_batches(str(path), str(path))) == 300_000

    path.write_bytes(content[: len(content) // 2] + bytes(2000) + content[len(content) // 2 + 2000 :])

    with pytest.raises(DamagedOrc, match="truncated or damaged"):
        list(orc_batches(str(path), str(path)))


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "zip"])
def test_a_cut_parquet_file_behind_a_compression_is_refused(tmp_path, compression):
    (tmp_path / "a.bin").write_bytes(PACKERS[compression](as_parquet()[:-10]))

    with pytest.raises(TruncatedParquet, match="truncated or damaged"):
        recognise(str(tmp_path / "a.bin"))
