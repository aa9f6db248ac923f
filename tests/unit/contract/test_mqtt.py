import pytest

from tests.unit.contract.test_loading import GOOD, parse
from tidemill.errors import RequestWrong

FILES = '{kind: files, path: "${landing}/people"}'


def mqtt(keys):
    good = GOOD.replace("version:", "mode: stream\nversion:", 1) if "mode:" not in GOOD else GOOD
    return good.replace(FILES, "{kind: mqtt, " + keys + "}")


def test_named_levels_become_a_filter_and_parts(tmp_path):
    source = parse(tmp_path, mqtt('url: "mqtt://broker", topic: "site/+station/+/+sensor/#"')).source

    assert (source.filter, source.parts) == ("site/+/+/+/#", ("station", "sensor"))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://broker", ("broker", 1883)),
        ("mqtts://broker", ("broker", 8883)),
        ("mqtts://broker:9", ("broker", 9)),
    ],
)
def test_a_port_is_the_protocols_own_where_none_is_said(tmp_path, url, address):
    assert parse(tmp_path, mqtt(f'url: "{url}", topic: a')).source.address == address


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ('url: "mqtt://me:secret@broker", topic: a', r"'source\.url': string should match pattern"),
        ('url: "mqtt://b", topic: "a/#/b"', r"# may only be the last level"),
        ('url: "mqtt://b", topic: "a/b+"', r"a level is a word, \+, \+name or"),
        ('url: "mqtt://b", topic: "+a/+a"', r"two levels have one name"),
        ('url: "mqtt://b", topic: a, value: csv', r"value: csv and fields .* go together"),
        ('url: "mqtt://b", topic: a, user: me', r"user and password go together"),
        ('url: "mqtt://b", topic: a, user: me, password: secret', r"a secret is written \$\{env:NAME\}"),
        ('url: "mqtt://b", topic: a, ca: x.pem', r"are for mqtts://"),
        ('url: "mqtts://b", topic: a, key: x.pem', r"certificate and key go together"),
        ('url: "mqtt://b", topic: a, kafka: {servers: "b:1"}', r"'source\.kafka\.topic' is missing"),
        ('url: "mqtt://b", topic: a, kafka: {servers: "b:1", topic: t, acks: 1}', r"unknown key 'source\.kafka\.acks'"),
    ],
)
def test_a_mistake_in_an_mqtt_source_is_told_in_one_line(tmp_path, keys, complaint):
    with pytest.raises(RequestWrong, match=complaint) as told:
        parse(tmp_path, mqtt(keys))
    assert "\n" not in str(told.value)
