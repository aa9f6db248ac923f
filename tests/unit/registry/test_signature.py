"""What a model reads, as MLflow declares it."""

from types import SimpleNamespace

from tidemill.registry.signature import signature


def test_columns_of_every_type_that_a_model_may_read_are_declared(spark):
    numbers, others = "id bigint, paid decimal(10,2), age int, member boolean", "plan string, tags array<string>"
    schema = f"{numbers}, since date, seen timestamp, {others}"
    card = SimpleNamespace(reads=("paid", "since", "seen", "age", "member", "plan", "tags"))

    declared = signature(spark.createDataFrame([], schema).schema, card).inputs.to_dict()

    assert {each["name"]: each["type"] for each in declared} == {
        "paid": "double",
        "since": "datetime",
        "seen": "datetime",
        "age": "integer",
        "member": "boolean",
        "plan": "string",
        "tags": "string",
    }
