"""Lines of the InfluxDB line protocol, read back by the protocol's own rules."""

import re
from urllib.parse import unquote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidemill.streams.series.lines import lines

TEXTS = st.lists(st.text(max_size=8) | st.text(",= \\%0Aa\n\"'", max_size=8), min_size=40, max_size=40, unique=True)


def parsed(line):
    """The tags, fields and time of a line: split where a comma, sign or space has no backslash before it."""
    head, fields, at = re.split(r"(?<!\\) ", line)
    _, *tags = re.split(r"(?<!\\),", head)
    pairs = dict(re.split(r"(?<!\\)=", each) for each in tags)
    return {key: unquote(re.sub(r"\\([,= ])", r"\1", text)) for key, text in pairs.items()}, fields, at


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_any_name_comes_back_from_its_line(spark, names):
    rows = spark.createDataFrame(
        [(number, name, "%", 1.5) for number, name in enumerate(names)],
        "at bigint, station string, unit string, value double",
    )

    found = {}
    for row in lines(rows, "site", ["station"]).collect():
        assert "\n" not in row["line"]
        tags, fields, at = parsed(row["line"])
        assert fields == "value=1.5"
        found[int(at) // 1000] = tags
    assert found == {number: {**({"station": name} if name else {}), "unit": "%"} for number, name in enumerate(names)}
