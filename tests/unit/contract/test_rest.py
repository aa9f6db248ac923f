import pytest

from tests.unit.contract.test_loading import GOOD, parse
from tidemill.errors import RequestWrong

FILES = '{kind: files, path: "${landing}/people"}'
FULL = """{kind: rest, url: "https://api.example.com/v1/orders", records: data.items, parameters: {open: true, n: 5},
  headers: {X-Api-Key: "${env:OTHER}"}, auth: {bearer: "${env:API_TOKEN}"}, rate: 5 per second, timeout: 2 minutes,
  pages: {cursor: meta.next, parameter: cursor}, since: {parameter: updated_after, column: at}, retries: 2}"""


def rest(keys):
    return GOOD.replace(
        FILES, "{kind: rest, " + ('url: "https://x.org/y", ' if "url:" not in keys else "") + keys + "}"
    )


def test_a_rest_source_says_how_its_api_is_asked(tmp_path):
    source = parse(tmp_path, GOOD.replace(FILES, FULL)).source

    assert (source.pages.cursor, source.since.column, source.auth.bearer) == ("meta.next", "at", "${env:API_TOKEN}")
    assert (source.timeout_seconds, source.seconds_a_request) == (120, 0.2)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ('url: "ftp://x.org"', r"'source\.url': expected a URL that begins with https://"),
        ('url: "https://me:pw@x.org"', r"a URL holds no user or password"),
        ('url: "https://x.org/y?token=1"', r"a URL stands here without '\?'"),
        ('url: "https://x.org:port/"', r"no URL: "),
        ("pages: {page: p, offset: o}", r"expected one of page, offset, cursor, next, link, got page and offset"),
        ("pages: {first: 1}", r"expected one of page, offset, cursor, next, link, got none"),
        ("pages: {cursor: meta.next}", r"a cursor needs 'parameter'"),
        ("pages: {next: url, first: 2}", r"'first' belongs to pages by page, these go by 'next'"),
        ("pages: {page: p, end: short}", r"end: short needs the size of a page: size"),
        ("pages: {pge: p}", r"unknown key 'source\.pages\.pge'\. Did you mean 'page'\?"),
        ("auth: {bearer: abc}", r"'source\.auth\.bearer': a secret is written \$\{env:NAME\}"),
        ('auth: {api_key: {value: "${env:X}"}}', r"expected one of header, parameter, got none"),
        ("headers: {Authorization: Bearer abc}", r"'Authorization' looks like a secret"),
        ("parameters: {api_key: abc}", r"'api_key' looks like a secret"),
        ("rate: fast", r"'source\.rate': string should match pattern"),
        ("timeout: 30", r"'source\.timeout': input should be a valid string"),
        (
            "since: {parameter: s, column: ats}",
            r"source\.since\.column: there is no column 'ats'\. Did you mean 'at'",
        ),
    ],
)
def test_a_mistake_in_a_rest_source_is_told_in_one_line(tmp_path, keys, complaint):
    with pytest.raises(RequestWrong, match=complaint) as told:
        parse(tmp_path, rest(keys))
    assert "\n" not in str(told.value)


def test_what_is_fetched_since_a_value_needs_a_key_as_the_last_value_is_delivered_again(tmp_path):
    appended = rest("since: {parameter: s, column: at}").replace("write: upsert", "").replace("key: [id]", "")

    with pytest.raises(RequestWrong, match=r"source\.since needs a key and write: upsert"):
        parse(tmp_path, appended)


def test_a_column_with_a_format_of_its_own_cannot_be_compared_with_what_came_before(tmp_path):
    text = rest("since: {parameter: s, column: at}").replace(
        "{type: timestamp}", "{type: timestamp, format: dd.MM.yyyy}"
    )

    with pytest.raises(RequestWrong, match=r"source\.since\.column: 'at' has a format"):
        parse(tmp_path, text)
