from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from tidemill.contract import Contract

SHOP = {"kind": "jdbc", "url": "jdbc:postgresql://db/shop", "table": "public.orders"}


def contract(source, **changes):
    columns = {"id": {"type": "int", "required": True}}
    keyed = {"key": ["id"], "write": "upsert"}
    return Contract.model_validate(
        {"name": "orders", "version": 1, "source": {**SHOP, **source}, "columns": columns, **keyed, **changes}
    )


@pytest.mark.parametrize(
    ("written", "distance"),
    [
        ("10 minutes", timedelta(minutes=10)),
        ("1 day", timedelta(days=1)),
        (1000, Decimal(1000)),
        (0.5, Decimal("0.5")),
    ],
)
def test_an_overlap_is_a_length_of_time_or_a_number(written, distance):
    assert contract({"watermark": "at", "overlap": written}).source.overlap_distance == distance


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ({"table": None}, "either a table or a query"),
        ({"query": "select 1"}, "either a table or a query"),
        ({"table": "orders; drop table orders"}, "expected TABLE or SCHEMA.TABLE"),
        ({"table": None, "query": "delete from orders"}, "begins with select or with"),
        ({"overlap": "10 minutes"}, "name the watermark's column"),
        ({"watermark": "at", "overlap": "soon"}, "expected a length of time"),
        ({"watermark": "at", "overlap": -1}, "expected a length of time"),
        ({"partitions": 8}, "partitions needs partition_by"),
        ({"partition_by": "id", "partitions": 0}, "greater than or equal to 1"),
        ({"password": "${env:P}"}, "password needs user"),
        ({"user": "me", "password": "${env:P}"}, r"a secret is written \$\{env:NAME\}"),
        ({"url": "postgresql://db/shop"}, "expected jdbc:KIND"),
        ({"url": "jdbc:sqlite::memory:"}, "expected jdbc:sqlite:FILE"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(source, complaint):
    with pytest.raises(ValidationError, match=complaint):
        contract(source)


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:postgresql://me:hunter2@db/shop",
        "jdbc:postgresql://db/shop?user=me&password=hunter2",
        "jdbc:postgresql://db/shop?ssl=true&sslPassword=hunter2",
        "jdbc:postgresql://db/shop?pass%77ord=hunter2",
        "jdbc:sqlserver://db;databaseName=shop;password=hunter2",
        "jdbc:oracle:thin:scott/hunter2@//db/shop",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url):
    with pytest.raises(ValidationError) as told:
        contract({"url": url})

    (error,) = told.value.errors()
    assert "write them as user and password: ${env:NAME}" in error["msg"]
    assert "hunter2" not in error["msg"]


@pytest.mark.parametrize(
    "url", ["jdbc:sqlite:${home}/a@b/shop.db", "jdbc:postgresql://db:5432/shop?sslmode=require&passfile=/run/pgpass"]
)
def test_a_url_without_credentials_is_taken(url):
    assert contract({"url": url}).source.url == url


@pytest.mark.parametrize("source", [{"watermark": "at"}, {"deletes": "find"}])
def test_what_only_a_key_makes_right_is_refused_without_one(source):
    with pytest.raises(ValidationError, match="needs a key and write: upsert"):
        contract(source, key=[], write="append")
