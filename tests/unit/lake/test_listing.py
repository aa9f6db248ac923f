import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tidemill.lake.listing import columns_of, size_of, table_names
from tidemill.lake.stored import opened


@pytest.fixture
def config(ran, tmp_path):
    return ran.config.model_copy(update={"lake_root": str(tmp_path / "lake")})


def write(config, name, rows):
    write_deltalake(f"{config.lake_root}/{name.replace('.', '/')}", rows, mode="append")


def test_the_tables_are_listed_by_layer_and_name_and_nothing_else_is(config, tmp_path):
    for name in ("ops.checks", "silver.people", "bronze.people", "gold.cities", "silver.orders"):
        write(config, name, pa.table({"id": [1]}))
    (tmp_path / "lake" / "silver" / "no_table").mkdir()
    write(config, "mine.own", pa.table({"id": [1]}))
    write(config, "silver.Not-A-Name", pa.table({"id": [1]}))

    assert table_names(config) == ["bronze.people", "silver.orders", "silver.people", "gold.cities", "ops.checks"]


def test_a_lake_that_is_not_there_has_no_tables(config):
    assert table_names(config) == []


def test_a_size_is_what_the_newest_version_is_made_of(config):
    write(config, "silver.people", pa.table({"id": [1, 2]}))
    write(config, "silver.people", pa.table({"id": [3]}))

    size = size_of("silver.people", opened(config, "silver.people"))

    assert (size.rows, size.files, size.version) == (3, 2, 1)
    assert size.bytes > 500
    assert size.as_json()["written_at"].endswith("+00:00")


def test_columns_have_the_types_that_sql_calls_them_by(config):
    people = pa.table(
        {
            "id": pa.array([1], pa.int64()),
            "age": pa.array([1], pa.int32()),
            "paid": pa.array([None], pa.decimal128(10, 2)),
            "tags": pa.array([["a"]], pa.list_(pa.string())),
            "home": pa.array([{"lat": 1.5, "floor": 3}], pa.struct([("lat", pa.float64()), ("floor", pa.int16())])),
            "seen": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())),
        }
    )
    write(config, "silver.people", people)

    assert columns_of(opened(config, "silver.people")) == {
        "id": "bigint",
        "age": "int",
        "paid": "decimal(10,2)",
        "tags": "array<string>",
        "home": "struct<lat:double,floor:smallint>",
        "seen": "map<string,tinyint>",
    }
