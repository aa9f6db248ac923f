import pytest

from tidemill.contract import Contract
from tidemill.quality import drift, unknown_columns


def contract():
    return Contract.model_validate(
        {
            "name": "people",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {
                "id": {"from": "ID", "type": "int", "required": True},
                "city": {"from": "address.city", "type": "string"},
                "email": {"type": "string"},
            },
        }
    )


def kinds(**given):
    return [(one.kind, one.column) for one in drift(contract(), **given)]


def test_a_delivery_as_the_contract_says_shows_no_drift():
    assert kinds(columns={"a.csv": ["ID", "address", "email"], "b.csv": ["ID", "address.city", "email"]}) == []


def test_missing_and_unknown_columns_are_told_with_their_files_and_the_nearest_name():
    found = drift(contract(), {"a.csv": ["IDs", "address"], "b.csv": ["ID", "address", "email", "new"]})

    assert [(one.kind, one.column, one.detail) for one in found] == [
        ("missing_required", "ID", "a.csv"),
        ("missing_optional", "email", "a.csv"),
        ("unknown_column", "IDs", "a.csv"),
        ("unknown_column", "new", "b.csv"),
    ]
    assert found[0].sentence == "a.csv has no column 'ID', which the contract requires. Did you mean 'IDs'?"
    assert found[1].sentence == "a.csv has no column 'email', so that email has no value there."
    assert all("\n" not in one.sentence for one in found)


def test_an_unknown_column_is_news_once():
    files = {"a.csv": ["ID", "address", "email", "new"]}

    assert kinds(columns=files) == [("unknown_column", "new")]
    assert kinds(columns=files, previous_columns=["ID", "address", "email", "new"]) == []


def test_of_many_files_three_are_named():
    files = {f"{place}.csv": ["ID", "address"] for place in range(5)}

    assert [one.detail for one in drift(contract(), files)] == ["0.csv, 1.csv, 2.csv and 2 more"]


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ("int", "bigint", "type_widened"),
        ("smallint", "integer", "type_widened"),
        ("int", "double", "type_widened"),
        ("bigint", "double", "type_changed"),
        ("float", "double", "type_widened"),
        ("decimal(10,2)", "decimal(12, 2)", "type_widened"),
        ("decimal(10,2)", "decimal(12,5)", "type_changed"),
        ("int", "decimal(12,2)", "type_widened"),
        ("date", "timestamp", "type_widened"),
        ("double", "float", "type_narrowed"),
        ("bigint", "int", "type_narrowed"),
        ("int", "string", "type_changed"),
        ("int", "int", None),
        (None, "int", None),
    ],
)
def test_a_changed_type_is_taken_where_it_holds_all_of_the_earlier_one(before, now, kind):
    found = drift(contract(), {}, types={"ID": now}, previous_types={"ID": before} if before else {})

    assert [one.kind for one in found] == ([kind] if kind else [])


def test_what_came_beside_the_contract_is_counted_in_bounded_memory(spark):
    many = ",".join(f'"k{number:04}":1' for number in range(1500))
    texts = ['{"x":1,"y":2}', '{"x":null,"y":3}', None, "[1]", "no json", "{" + many + "}", '{"' + "z" * 999 + '":1}']
    bronze = spark.createDataFrame([(text,) for text in texts], "_rescued string")

    counted = {row["column"]: row["rows"] for row in unknown_columns(bronze).collect()}

    assert len(counted) == 1000
    assert (counted["x"], counted["y"], counted["k0000"]) == (2, 2, 1)
    assert max(map(len, counted)) <= 200
