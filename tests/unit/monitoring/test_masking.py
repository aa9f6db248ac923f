import json

import pytest

from tidemill.contract import Contract
from tidemill.monitoring.masking import MASK, Mask

PERSONAL = {"subject": "id", "columns": ["email"]}


def mask(personal=None):
    columns = {
        "id": {"type": "string"},
        "email": {"from": "contact.mail", "type": "string"},
        "city": {"type": "string"},
    }
    source = {"kind": "files", "path": "/landing"}
    return Mask(
        Contract.model_validate(
            {"name": "people", "version": 1, "source": source, "columns": columns, "personal": personal}
        )
    )


def failure(column, value, message):
    return {"check": "a.check", "column": column, "value": value, "message": message}


def test_a_record_keeps_its_names_and_the_values_that_are_not_personal():
    record = {"id": "7", "contact.mail": "a@b", "city": "Bonn", "_raw": None}

    assert mask(PERSONAL).record(json.dumps(record)) == {"id": MASK, "contact.mail": MASK, "city": "Bonn", "_raw": None}


def test_what_the_contract_does_not_know_is_hidden():
    record = {"mail": "a@b", "_raw": "7,a@b,Bonn", "_rescued": '{"phone": "0228", "list": [1]}'}

    shown = mask(PERSONAL).record(json.dumps(record))

    assert shown == {"mail": MASK, "_raw": MASK, "_rescued": json.dumps({"phone": MASK, "list": MASK})}


@pytest.mark.parametrize("record", ["no json", "[1]", '"a@b"'])
def test_a_record_that_is_no_mapping_is_hidden_whole(record):
    assert mask(PERSONAL).record(record) == {"_raw": MASK}


@pytest.mark.parametrize(
    ("value", "message", "shown"),
    [
        ("a@b", "expected a text like x, got 'a@b'", f"expected a text like x, got {MASK}"),
        ("b" * 300, f"expected 3 characters, got '{'b' * 200}'", f"expected 3 characters, got {MASK}"),
        ("a, got 'c'", "expected x, got 'a, got 'c''", f"expected x, got {MASK}"),
        ("a@b", "expected what a@b is, got something else", f"expected what {MASK} is, got {MASK}"),
        ("a@b", "the value a@b is wrong", f"the value {MASK} is wrong"),
    ],
)
def test_a_personal_value_is_hidden_in_its_reason(value, message, shown):
    masked = mask(PERSONAL).failure(failure("email", value, message))

    assert masked["value"] == MASK
    assert masked["message"] == shown


def test_the_text_of_a_record_that_did_not_parse_is_hidden():
    assert mask(PERSONAL).failure(failure(None, "7,a@b", "expected a record that parses"))["value"] == MASK


def test_other_columns_and_missing_values_are_shown_as_they_are():
    for shown in (failure("city", "Rome", "got 'Rome'"), failure("email", None, "expected a value, got nothing")):
        assert mask(PERSONAL).failure(shown) == shown


def test_a_contract_without_personal_columns_hides_nothing():
    assert mask().failure(failure("email", "a@b", "got 'a@b'")) == failure("email", "a@b", "got 'a@b'")
    assert mask().record('{"id": "7", "_raw": "x"}') == {"id": "7", "_raw": "x"}
    assert mask().record("no json") == {"_raw": "no json"}
