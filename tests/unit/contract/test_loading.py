import pytest

from tidemill.config import load_config
from tidemill.config.documents import read_document
from tidemill.contract import UnknownDataset, WrongMode, known_datasets, load_contract, parse_contract
from tidemill.errors import RequestWrong

GOOD = """name: people
version: 1
source: {kind: files, path: "${landing}/people"}
columns:
  id: {from: ID, type: int, required: true}
  city: {type: string}
  at: {type: timestamp}
cleanse: [{trim: all}]
checks: [{name: plausible, sql: "id > 0"}]
key: [id]
order_by: [at]
write: upsert
"""


def parse(folder, text):
    path = folder / "people.yaml"
    path.write_text(text)
    return parse_contract(read_document(path), {"landing": "/data/landing"})


def test_a_contract_says_where_its_rows_come_from(tmp_path):
    contract = parse(tmp_path, GOOD)

    assert contract.source.path == "/data/landing/people"
    assert contract.delivered_names == {"id": "ID", "city": "city", "at": "at"}
    assert contract.columns["city"].on_fail == "quarantine"


def test_a_contracts_fingerprint_changes_with_its_meaning_alone(tmp_path):
    spaced = GOOD.replace("cleanse: [{trim: all}]", "cleanse:\n  - {trim: all}   # blanks")

    assert parse(tmp_path, GOOD).fingerprint == parse(tmp_path, spaced).fingerprint
    assert parse(tmp_path, GOOD).fingerprint != parse(tmp_path, GOOD.replace("id > 0", "id > 1")).fingerprint


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("type: int", "typ: int", r"line 5: unknown key 'columns\.id\.typ'\. Did you mean 'type'\?"),
        ("kind: files", "kind: files, pth: x", r"line 3: unknown key 'source\.pth'\. Did you mean 'path'\?"),
        ("kind: files", "kind: files, format: csv, records: x", r"records is for json and xml, the format is csv"),
        ("{trim: all}", "{trimm: all}", r"line 8: unknown key 'cleanse\.0\.trimm'\. Did you mean 'trim'\?"),
        ("name: plausible, sql", "name: plausible, sqll", r"line 9: unknown key .*sqll'\. Did you mean 'sql'\?"),
        ("version: 1", "verson: 1", r"line 2: unknown key 'verson'\. Did you mean 'version'\?"),
        ("version: 1", "version: one", r"line 2: 'version': .*integer.*got 'one'"),
        ("type: int", "type: integr", r"line 5: 'columns\.id': unknown type 'integr'; known: .*int"),
        ("type: int", "type: int, min: low", r"'columns\.id': min 'low' is no value of type int"),
        ("{type: string}", '{type: string, pattern: "(["}', r"'columns\.city': pattern .* is no regular expression"),
        ("{type: string}", "{type: string, format: yyyy}", r"format is for date and timestamp, the type is string"),
        ("  city:", "  id:", r"line 6: the column 'id' stands twice, first on line 5"),
        ("city: {", "city: {from: ID, ", r"two columns read from 'ID'"),
        ("key: [id]", "key: [ids]", r"key: there is no column 'ids'\. Did you mean 'id'\?"),
        ("required: true", "required: false", r"key: column 'id' must be required"),
        ("write: upsert", "write: append", r"append keeps every row, so it has no key"),
        (
            "write: upsert",
            "write: upsrt",
            r"line 12: 'write': input should be 'append', 'upsert', 'scd2' or 'replace', got 'upsrt'",
        ),
        (
            "name: people",
            "name: persons",
            r"line 1: 'name': the contract is called 'persons' and its file 'people\.yaml'",
        ),
        ("${landing}", "${landng}", r"line 3: nothing is called '\$\{landng\}'\. Did you mean '\$\{landing\}'\?"),
        (
            'sql: "id > 0"',
            'table: "count(*) > 0", on_fail: quarantine',
            r"checks\.0\.on_fail': .*'warn' or 'fail'",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place_and_what_would_be_right(tmp_path, good, bad, complaint):
    assert good in GOOD

    with pytest.raises(RequestWrong, match=complaint) as told:
        parse(tmp_path, GOOD.replace(good, bad, 1))
    assert "\n" not in str(told.value)


def test_every_contract_that_is_shipped_is_right():
    config = load_config()

    assert [load_contract(config, name).name for name in known_datasets(config)] == known_datasets(config)
    assert "telco_customers" in known_datasets(config)


def test_an_unknown_dataset_names_the_nearest():
    with pytest.raises(UnknownDataset, match=r"no dataset 'telco_customer'\. Did you mean 'telco_customers'\?"):
        load_contract(load_config(), "telco_customer")


def test_a_stream_dataset_is_refused_by_the_batch_job_which_names_the_right_one():
    with pytest.raises(WrongMode, match=r"weather_readings is a stream dataset\. Run: spark-submit jobs/stream\.py"):
        load_contract(load_config(), "weather_readings", mode="batch")
