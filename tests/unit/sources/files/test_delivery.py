from tidemill.contract import Contract
from tidemill.formats import Recognised
from tidemill.sources.files.delivery import Delivery


def delivery(*files):
    contract = Contract.model_validate(
        {
            "name": "people",
            "version": 1,
            "source": {"kind": "files", "path": "x"},
            "columns": {"id": {"type": "int", "required": True}, "city": {"type": "string"}},
        }
    )
    return Delivery.of(contract, {f"file:///{place}": [file] for place, file in enumerate(files)})


def parquet(**types):
    return Recognised("parquet", 1, columns=tuple(types), types=tuple(types.values()))


def test_a_required_column_that_a_file_has_not_is_told_with_the_nearest_that_it_has():
    told = delivery(Recognised("csv", 1, columns=("idd", "city"))).lacks()

    assert told.startswith("file:///0 has no column 'id', which the contract requires. It has: idd, city.")
    assert "Did you mean 'idd'?" in told


def test_an_unknown_column_is_told_once_and_a_missing_optional_one_each_time():
    first = delivery(Recognised("csv", 1, columns=("id", "coast")))

    (missing, unknown) = first.notes({})

    assert "has no column 'city', so that city has no value there" in missing
    assert "has a column 'coast' that the contract does not know" in unknown
    assert first.notes({"columns": first.names}) == (missing,)


def test_a_name_that_contradicts_the_content_is_told():
    found = {"file:///a.csv": [Recognised("jsonl", 1)], "file:///b.csv": [Recognised("csv", 1, columns=("id", "city"))]}

    notes = Delivery.of(delivery().contract, found).notes({})

    assert notes == ("file:///a.csv: the name ends in .csv, the content is one JSON object a line (jsonl).",)


def test_a_type_that_became_wider_is_told_from_one_that_became_narrower():
    before = delivery(parquet(id="int32", city="string"))
    wider = delivery(parquet(id="int64", city="string"))

    assert "holds all of it" in wider.notes({"types": before.types, "columns": before.names})[0]
    assert "are refused" in before.notes({"types": wider.types, "columns": wider.names})[0]
