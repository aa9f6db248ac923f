import pytest

from tests.unit.contract.test_loading import GOOD, parse
from tidemill.errors import RequestWrong

FILES = '{kind: files, path: "${landing}/people"}'


def kafka(keys):
    return GOOD.replace(FILES, "{kind: kafka, topic: readings, " + keys + "}")


def test_a_topic_is_read_as_json_from_its_beginning_where_nothing_else_is_said(tmp_path):
    source = parse(tmp_path, kafka('servers: "a:9092,b:9092"')).source

    assert (source.value, source.start, source.on_loss, source.security) == ("json", "earliest", "refuse", None)


def test_an_inline_schema_survives_being_kept_with_a_plan(tmp_path):
    contract = parse(tmp_path, kafka('servers: "a:1", value: avro, schema: {type: record, name: R, fields: []}'))

    kept = contract.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert type(contract).model_validate(kept) == contract


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("servers: localhost", r"'source\.servers': string should match pattern"),
        ('servers: "a:1", value: avro', r"value: avro and schema .* go together"),
        ('servers: "a:1", schema: x.avsc', r"value: avro and schema .* go together"),
        ('servers: "a:1", value: csv', r"value: csv and fields .* go together"),
        ('servers: "a:1", fields: [a]', r"value: csv and fields .* go together"),
        ('servers: "a:1", value: csv, fields: [a, a]', r"fields: each name may stand once"),
        ('servers: "a:1", on_los: report', r"unknown key 'source\.on_los'\. Did you mean 'on_loss'\?"),
        ('servers: "a:1", security: {protocol: SASL_SSL, username: me}', r"SASL_SSL needs mechanism, password"),
        ('servers: "a:1", security: {protocol: SSL, username: me}', r"username: only for SASL_SSL"),
        ('servers: "a:1", security: {protocol: PLAINTEXT, ca: x.pem}', r"ca: only for SSL and SASL_SSL"),
        (
            'servers: "a:1", security: {protocol: SASL_SSL, mechanism: PLAIN, username: me, password: secret}',
            r"a secret is written \$\{env:NAME\}",
        ),
    ],
)
def test_a_mistake_in_a_kafka_source_is_told_in_one_line(tmp_path, keys, complaint):
    with pytest.raises(RequestWrong, match=complaint) as told:
        parse(tmp_path, kafka(keys))
    assert "\n" not in str(told.value)
